/* Names, texts and values, and what in them stands for something else. */
#include "trees.h"

unsigned char character_classes[256];

static void add_class(const char *characters, enum class class)
{
    for (; *characters; characters++)
        character_classes[(unsigned char)*characters] |= (unsigned char)class;
}

static void remove_class(const char *characters, enum class class)
{
    for (; *characters; characters++)
        character_classes[(unsigned char)*characters] &= (unsigned char)~class;
}

void fill_character_classes(void)
{
    for (int each = ' '; each < 256; each++)
        character_classes[each] = IN_TEXT | IN_VALUE | IN_COMMENT;
    for (int letter = 'a'; letter <= 'z'; letter++) {
        character_classes[letter] |= BEGINS_NAME | IN_NAME;
        character_classes[letter - 32] |= BEGINS_NAME | IN_NAME;
    }
    add_class("_", BEGINS_NAME | IN_NAME);
    add_class("0123456789-.", IN_NAME);
    add_class(" \t\r\n", BLANK);
    add_class("\t\n", IN_TEXT);
    add_class("\t\r\n", IN_COMMENT);
    remove_class("<&]", IN_TEXT);
    remove_class("<&\"'", IN_VALUE);
    remove_class("-", IN_COMMENT);
}

/* A name without a colon; an empty one if none begins here. */
static struct span pass_name(struct builder *builder)
{
    if (character_classes[(unsigned char)*builder->at] & BEGINS_NAME)
        return pass_all(builder, IN_NAME);
    return (struct span){builder->at, 0};
}

bool read_name(struct builder *builder, struct name *name)
{
    name->prefix = (struct span){builder->at, 0};
    name->local = pass_name(builder);
    if (*builder->at == ':' && name->local.length > 0) {
        builder->at++;
        name->prefix = name->local;
        name->local = pass_name(builder);
    }
    return name->local.length > 0;
}

struct span gathered(struct builder *builder)
{
    return (struct span){builder->text, builder->length};
}

PyObject *string_of(struct builder *builder)
{
    if (builder->length == 0)
        return Py_NewRef(builder->state->no_text);
    return PyUnicode_DecodeUTF8(builder->text, (Py_ssize_t)builder->length, NULL);
}

static bool add_text(struct builder *builder, struct span text)
{
    if (text.length > LONGEST_TEXT - builder->length)
        return false;
    memcpy(builder->text + builder->length, text.text, text.length);
    builder->length += text.length;
    return true;
}

static bool add_byte(struct builder *builder, char byte)
{
    return add_text(builder, (struct span){&byte, 1});
}

/* Whether XML allows it, in other words too. */
static bool is_character(uint32_t number)
{
    if (number < ' ')
        return number == '\t' || number == '\n' || number == '\r';
    return number < 0xd800 || (number > 0xdfff && number < 0xfffe) ||
           (number > 0xffff && number <= 0x10ffff);
}

/* Adds it in UTF-8. */
static bool add_character(struct builder *builder, uint32_t number)
{
    const int more = number < 0x80 ? 0 : number < 0x800 ? 1 : number < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
    char bytes[4];

    if (!is_character(number))
        return false;
    bytes[0] = (char)(marks[more] | number >> 6 * more);
    for (int at = 1; at <= more; at++)
        bytes[at] = (char)(0x80 | (number >> 6 * (more - at) & 0x3f));
    return add_text(builder, (struct span){bytes, (size_t)more + 1});
}

/* What a digit is worth; no less than 16 if it is none. */
static uint32_t worth(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (uint32_t)(digit - '0');
    digit |= ' ';
    return digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a') + 10 : 16;
}

/* A character by its number, behind `&#`. */
static bool read_number(struct builder *builder)
{
    const uint32_t base = pass(builder, "x") ? 16 : 10;
    uint32_t number = 0; /* which is no character: so it is if there are no digits */

    for (; worth(*builder->at) < base; builder->at++) {
        number = number * base + worth(*builder->at);
        if (number > 0x10ffff)
            return false;
    }
    return pass(builder, ";") && add_character(builder, number);
}

static bool read_reference(struct builder *builder)
{
    static const struct {
        const char *name;
        char meant;
    } known[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&apos;", '\''}, {"&quot;", '"'}};

    for (size_t at = 0; at < sizeof known / sizeof *known; at++)
        if (pass(builder, known[at].name))
            return add_byte(builder, known[at].meant);
    return pass(builder, "&#") && read_number(builder);
}

/* Goes past one byte, or the two that end a line together. */
static void pass_line_end(struct builder *builder)
{
    if (!pass(builder, "\r\n"))
        builder->at++;
}

/* Adds a character that does not, or not everywhere, stand for itself. */
static bool read_text_mark(struct builder *builder)
{
    switch (*builder->at) {
    case '&':
        return read_reference(builder);
    case '\r':
        pass_line_end(builder);
        return add_byte(builder, '\n');
    case ']':
        return strncmp(builder->at, "]]>", 3) != 0 && add_byte(builder, *builder->at++);
    default:
        return false;
    }
}

bool read_text(struct builder *builder)
{
    bool is_plain = add_text(builder, pass_all(builder, IN_TEXT));

    while (is_plain && *builder->at != '<')
        is_plain = read_text_mark(builder) && add_text(builder, pass_all(builder, IN_TEXT));
    return is_plain;
}

static bool read_value_mark(struct builder *builder)
{
    switch (*builder->at) {
    case '&':
        return read_reference(builder);
    case '\t':
    case '\n':
    case '\r':
        pass_line_end(builder);
        return add_byte(builder, ' ');
    case '"': /* the other one has ended it */
    case '\'':
        return add_byte(builder, *builder->at++);
    default:
        return false;
    }
}

bool read_value(struct builder *builder)
{
    const char quote = *builder->at;
    bool is_plain = pass(builder, "\"") || pass(builder, "'");

    builder->length = 0;
    is_plain = is_plain && add_text(builder, pass_all(builder, IN_VALUE));
    while (is_plain && *builder->at != quote)
        is_plain = read_value_mark(builder) && add_text(builder, pass_all(builder, IN_VALUE));
    if (is_plain)
        builder->at++;
    return is_plain;
}
