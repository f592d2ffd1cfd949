/* Text as it is written into a document. */
#include "documents.h"

void put(struct page *page, struct span text)
{
    if (text.length > page->room - page->length) {
        page->is_usual = false;
        return;
    }
    memcpy(page->text + page->length, text.text, text.length);
    page->length += text.length;
}

/* The text in UTF-8; of what has none, as there is half a character in it, Python decides. */
static struct span utf8_of(struct page *page, PyObject *text)
{
    Py_ssize_t length = 0;

    if (is_ascii(text))
        return span_of(text);
    const char *given = PyUnicode_AsUTF8AndSize(text, &length);

    if (given == NULL) {
        PyErr_Clear();
        page->is_usual = false;
    }
    return (struct span){given ? given : "", given ? (size_t)length : 0}; /* 3.13 leaves it at -1 */
}

void put_string(struct page *page, PyObject *text)
{
    put(page, utf8_of(page, text));
}

/* What stands for a character of the markup, or of what a reader would normalise away; NULL for
   all others. */
static const char *escape(char given)
{
    switch (given) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

/* Whether no XML can hold the character that begins here. */
static bool is_impossible(struct span text, size_t at)
{
    const unsigned char *given = (const unsigned char *)text.text + at;

    if (given[0] < ' ')
        return escape(text.text[at]) == NULL;
    return given[0] == 0xef && text.length - at >= 3 && given[1] == 0xbf && given[2] >= 0xbe;
}

/* Whether a byte goes out as it is, at a glance. */
static bool is_plain(char given)
{
    return (unsigned char)given >= ' ' && given != '&' && given != '<' && given != '>' &&
           given != '"' && (unsigned char)given != 0xef;
}

/* Puts a text with all characters escaped but those that may stay. */
static void put_escaped(struct page *page, struct span text, const char *staying)
{
    size_t from = 0;

    for (size_t at = 0; at < text.length; at++) {
        if (is_plain(text.text[at]))
            continue;
        const char *escaped = escape(text.text[at]);

        if (is_impossible(text, at))
            page->is_usual = false;
        if (escaped == NULL || strchr(staying, text.text[at]) != NULL)
            continue;
        put(page, (struct span){text.text + from, at - from});
        put_word(page, escaped);
        from = at + 1;
    }
    put(page, (struct span){text.text + from, text.length - from});
}

void put_text(struct page *page, PyObject *text)
{
    put_escaped(page, utf8_of(page, text), "\"\t\n");
}

void put_value(struct page *page, PyObject *text)
{
    put_word(page, "\"");
    put_escaped(page, utf8_of(page, text), "");
    put_word(page, "\"");
}
