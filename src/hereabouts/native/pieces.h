/* A text that is put together of what others hold, and copied once. Whatever is not ASCII is not
   taken: Python decides. */
#ifndef HEREABOUTS_PIECES_H
#define HEREABOUTS_PIECES_H

#include "messages.h"

#define MOST_PIECES 128

/* A text in pieces that others hold. */
struct pieces {
    struct span all[MOST_PIECES];
    int count;
    size_t length;
};

/* False where there is no room for it. */
static inline bool add(struct pieces *pieces, struct span text)
{
    if (pieces->count == MOST_PIECES)
        return false;
    pieces->all[pieces->count++] = text;
    pieces->length += text.length;
    return true;
}

/* There is nothing in them; what room there is stays as it was, which saves writing 2 KiB. */
static inline void clear_pieces(struct pieces *pieces)
{
    pieces->count = 0;
    pieces->length = 0;
}

static inline bool add_text(struct pieces *pieces, const char *text)
{
    return add(pieces, (struct span){text, strlen(text)});
}

/* False, here and below: Python decides. */
static inline bool add_given(struct pieces *pieces, PyObject *given)
{
    return is_ascii(given) && add(pieces, span_of(given));
}

#define DIGITS 20 /* of any number; the room must last as long as the pieces */

/* A number that is not negative, in decimal. */
static inline bool add_number(struct pieces *pieces, char room[DIGITS], unsigned long number)
{
    size_t at = DIGITS;

    do {
        room[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return add(pieces, (struct span){room + at, DIGITS - at});
}

static inline void write_out(const struct pieces *pieces, char *to)
{
    for (int at = 0; at < pieces->count; at++) {
        memcpy(to, pieces->all[at].text, pieces->all[at].length);
        to += pieces->all[at].length;
    }
}

static inline PyObject *joined_text(const struct pieces *pieces)
{
    PyObject *text = PyUnicode_New((Py_ssize_t)pieces->length, 127);

    if (text != NULL)
        write_out(pieces, (char *)PyUnicode_1BYTE_DATA(text));
    return text;
}

static inline PyObject *bytes_of(const struct pieces *pieces)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)pieces->length);

    if (bytes != NULL)
        write_out(pieces, PyBytes_AS_STRING(bytes));
    return bytes;
}

#endif
