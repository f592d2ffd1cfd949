/* What an identifier, a language, a priority and a date are, where there is no doubt of it. */
#include "documents.h"

static bool is_digit(char given)
{
    return given >= '0' && given <= '9';
}

static bool is_letter(char given)
{
    return (given >= 'a' && given <= 'z') || (given >= 'A' && given <= 'Z');
}

bool is_identifier(PyObject *text)
{
    if (!is_ascii(text))
        return false;
    struct span given = span_of(text);

    if (given.length == 0 || !(is_letter(given.text[0]) || given.text[0] == '_'))
        return false;
    for (size_t at = 1; at < given.length; at++) {
        char each = given.text[at];

        if (!is_letter(each) && !is_digit(each) && each != '_' && each != '.' && each != '-')
            return false;
    }
    return true;
}

/* Two letters, as nearly all are, or two of a country behind them. */
bool is_language(PyObject *text)
{
    if (!is_ascii(text))
        return false;
    struct span given = span_of(text);

    if (given.length != 2 && (given.length != 5 || given.text[2] != '-'))
        return false;
    return is_letter(given.text[0]) && is_letter(given.text[1]) &&
           (given.length == 2 || (is_letter(given.text[3]) && is_letter(given.text[4])));
}

/* From 0 to 1, with up to three decimals. */
bool is_priority(PyObject *text)
{
    if (!is_ascii(text))
        return false;
    struct span given = span_of(text);

    if (given.length == 0 || given.length > sizeof "0.000" - 1)
        return false;
    if (given.text[0] != '0' && given.text[0] != '1')
        return false;
    if (given.length > 1 && given.text[1] != '.')
        return false;
    for (size_t at = 2; at < given.length; at++)
        if (!is_digit(given.text[at]) || (given.text[0] == '1' && given.text[at] != '0'))
            return false;
    return true;
}

/* The number of two digits, or one that is none. */
static int number_of(const char *text)
{
    return is_digit(text[0]) && is_digit(text[1]) ? (text[0] - '0') * 10 + text[1] - '0' : 100;
}

static int days_of(int year, int month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && is_leap);
}

static bool is_day(const char *text) /* ten characters */
{
    int century = number_of(text), year = number_of(text + 2);
    int month = number_of(text + 5), day = number_of(text + 8);

    if (text[4] != '-' || text[7] != '-' || century > 99 || year > 99 || century + year == 0)
        return false;
    return month >= 1 && month <= 12 && day >= 1 && day <= days_of(century * 100 + year, month);
}

static bool is_time(const char *text) /* eight characters */
{
    return text[2] == ':' && text[5] == ':' && number_of(text) < 24 && number_of(text + 3) < 60 &&
           number_of(text + 6) < 60;
}

/* How far the time there is from that of Greenwich, or nothing. */
static bool is_zone(struct span text)
{
    if (text.length == 0)
        return true;
    if (text.length == 1)
        return text.text[0] == 'Z';
    return text.length == sizeof "+00:00" - 1 && (text.text[0] == '+' || text.text[0] == '-') &&
           text.text[3] == ':' && number_of(text.text + 1) < 14 && number_of(text.text + 4) < 60;
}

/* As in RFC 3339, in capital letters, with up to six decimals. */
bool is_date(PyObject *text)
{
    static const char shape[] = "0000-00-00T00:00:00";

    if (!is_ascii(text))
        return false;
    struct span rest = span_of(text);

    if (rest.length < sizeof shape - 1 || rest.text[10] != 'T' || !is_day(rest.text) ||
        !is_time(rest.text + 11))
        return false;
    rest.text += sizeof shape - 1;
    rest.length -= sizeof shape - 1;
    if (rest.length > 1 && rest.text[0] == '.') {
        size_t at = 1;

        while (at < rest.length && at <= 6 && is_digit(rest.text[at]))
            at++;
        if (at == 1)
            return false;
        rest.text += at;
        rest.length -= at;
    }
    return is_zone(rest);
}
