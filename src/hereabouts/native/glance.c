/* The 2xx to a NOTIFY, told without reading it: what `sip/glance.py` finds with two searches. */
#include "messages.h"

struct cursor {
    const char *at;
    const char *end;
};

static bool skip(struct cursor *cursor, const char *text)
{
    size_t length = strlen(text);

    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool is_digit(char each)
{
    return each >= '0' && each <= '9';
}

static bool is_small(char each)
{
    return each >= 'a' && each <= 'z';
}

static bool is_space(char each)
{
    return each == ' ' || (each >= '\t' && each <= '\r');
}

/* Goes on to the next line, over what is left of this one; false where CR or LF stands alone. */
static bool skip_line(struct cursor *cursor, bool may_have_comma)
{
    while (cursor->at < cursor->end && *cursor->at != '\r' && *cursor->at != '\n') {
        if (*cursor->at == ',' && !may_have_comma)
            return false;
        cursor->at++;
    }
    return skip(cursor, "\r\n");
}

static bool skip_status_line(struct cursor *cursor)
{
    if (!skip(cursor, "SIP/2.0 2") || cursor->end - cursor->at < 2)
        return false;
    if (!is_digit(cursor->at[0]) || !is_digit(cursor->at[1]))
        return false;
    cursor->at += 2;
    return skip(cursor, " ") && skip_line(cursor, true);
}

/* Goes over a Via row with the branch first; tells where its sent-by and its branch stand. */
static bool skip_via(struct cursor *cursor, struct cursor *sent_by, struct cursor *branch)
{
    if (!skip(cursor, "Via: SIP/2.0/"))
        return false;
    const char *transport = cursor->at;

    while (cursor->at < cursor->end && *cursor->at >= 'A' && *cursor->at <= 'Z')
        cursor->at++;
    if (cursor->at == transport || !skip(cursor, " "))
        return false;
    sent_by->at = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != ';' && *cursor->at != ',' &&
           !is_space(*cursor->at))
        cursor->at++;
    sent_by->end = cursor->at;
    if (sent_by->at == sent_by->end || !skip(cursor, ";branch="))
        return false;
    branch->at = cursor->at;
    if (!skip(cursor, "z9hG4bK"))
        return false;
    const char *word = cursor->at;

    while (cursor->at < cursor->end && (is_digit(*cursor->at) || is_small(*cursor->at)))
        cursor->at++;
    branch->end = cursor->at;
    if (cursor->at == word || cursor->at == cursor->end)
        return false;
    return (*cursor->at == ';' || *cursor->at == '\r') && skip_line(cursor, false);
}

static bool is_cseq_of_notify(struct cursor row)
{
    if (!skip(&row, "CSeq: "))
        return false;
    const char *number = row.at;

    while (row.at < row.end && is_digit(*row.at))
        row.at++;
    return row.at > number && row.at - number <= 10 && skip(&row, " NOTIFY\r\n");
}

/* Whether the rows from here on have the CSeq of a NOTIFY, and none is a Via or a fold. */
static bool are_plain(struct cursor rest)
{
    bool has_cseq = is_cseq_of_notify(rest);

    for (;;) {
        if (rest.at < rest.end && (is_space(*rest.at) ? *rest.at == ' ' || *rest.at == '\t'
                                                      : (*rest.at | 0x20) == 'v'))
            return false;
        const char *stop = find_line_end(rest.at, rest.end);

        if (stop == NULL)
            return has_cseq;
        rest.at = stop + 2;
        has_cseq = has_cseq || is_cseq_of_notify(rest);
    }
}

static struct span between(struct cursor cursor)
{
    return (struct span){cursor.at, (size_t)(cursor.end - cursor.at)};
}

bool is_taken(PyObject *packet, struct span *sent_by, struct span *branch)
{
    static const char end[] = "\r\nContent-Length: 0\r\n\r\n";
    const size_t length_of_end = sizeof end - 1;
    struct cursor cursor, sender, word;

    if (!PyBytes_Check(packet))
        return false;
    size_t length = (size_t)PyBytes_GET_SIZE(packet);

    cursor.at = PyBytes_AS_STRING(packet);
    cursor.end = cursor.at + length;
    if (length < length_of_end ||
        memcmp(cursor.end - length_of_end, end, length_of_end) != 0 ||
        find_head_end(cursor.at, cursor.end) != cursor.end - 4)
        return false;
    if (!skip_status_line(&cursor) || !skip_via(&cursor, &sender, &word) || !are_plain(cursor))
        return false;
    *sent_by = between(sender);
    *branch = between(word);
    return true;
}

PyObject *notify_taken(PyObject *Py_UNUSED(module), PyObject *packet)
{
    struct span sent_by, branch;

    if (!is_taken(packet, &sent_by, &branch))
        Py_RETURN_NONE;
    return Py_BuildValue("(NN)",
                         PyUnicode_DecodeASCII(sent_by.text, (Py_ssize_t)sent_by.length, "replace"),
                         text_of(branch));
}
