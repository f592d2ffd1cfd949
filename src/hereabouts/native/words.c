/* Words that are kept ready, and namespaces. */
#include "trees.h"

/* Whether this word, of which each byte is a character, is this text. */
static bool is_word(PyObject *kept, struct span text)
{
    return is_same((struct span){(const char *)PyUnicode_1BYTE_DATA(kept),
                                 (size_t)PyUnicode_GET_LENGTH(kept)},
                   text);
}

/* The place where a word is kept, by its end, as namespaces begin alike. Whoever makes two of them
   meet only makes them be made anew. */
static PyObject **place_of(struct state *state, struct span text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t at = text.length > TELLING ? text.length - TELLING : 0; at < text.length; at++)
        hash = (hash ^ (unsigned char)text.text[at]) * 16777619u;
    return &state->words[(hash ^ hash >> 16) & (WORDS - 1)];
}

PyObject *word(struct state *state, struct span text)
{
    if (text.length >= LONGEST_WORD)
        return PyUnicode_DecodeUTF8(text.text, (Py_ssize_t)text.length, NULL);
    PyObject **kept = place_of(state, text);

    if (*kept != NULL && is_word(*kept, text))
        return Py_NewRef(*kept);
    PyObject *made = PyUnicode_DecodeUTF8(text.text, (Py_ssize_t)text.length, NULL);

    if (made != NULL && PyUnicode_IS_ASCII(made))
        Py_XSETREF(*kept, Py_NewRef(made));
    return made;
}

void add_xml_space(struct builder *builder)
{
    static const struct span prefix = {"xml", 3};

    builder->spaces[builder->space_count++] =
        (struct space){prefix, Py_NewRef(builder->state->xml_namespace)};
}

/* Whether the prefix, or the namespace it would get, is one that XML has rules for. */
static bool is_reserved(struct builder *builder, struct span prefix)
{
    return is_called(prefix, "xml") || is_called(prefix, "xmlns") ||
           is_called(gathered(builder), "http://www.w3.org/2000/xmlns/") ||
           is_word(builder->state->xml_namespace, gathered(builder));
}

/* Whether the tag that is being read has it already. */
static bool is_declared_here(struct builder *builder, struct span prefix)
{
    for (int at = builder->opened[builder->depth - 1].first_space; at < builder->space_count; at++)
        if (is_same(builder->spaces[at].prefix, prefix))
            return true;
    return false;
}

enum outcome declare(struct builder *builder, struct span prefix)
{
    if (builder->length == 0 && prefix.length > 0)
        return UNUSUAL; /* only the default can be taken back */
    if (is_reserved(builder, prefix) || is_declared_here(builder, prefix))
        return UNUSUAL;
    if (builder->space_count == MOST_SPACES)
        return UNUSUAL;
    PyObject *uri = word(builder->state, gathered(builder));

    if (uri == NULL)
        return FAILED;
    builder->spaces[builder->space_count++] = (struct space){prefix, uri};
    return READ;
}

/* Notes that a namespace is used with this prefix, if none is noted; false if they are too many. */
static bool use(struct builder *builder, struct span prefix, PyObject *uri)
{
    for (int at = 0; at < builder->used_count; at++)
        if (builder->used[at].uri == uri || PyUnicode_Compare(builder->used[at].uri, uri) == 0)
            return true;
    if (builder->used_count == MOST_SPACES)
        return false;
    builder->used[builder->used_count++] = (struct space){prefix, Py_NewRef(uri)};
    return true;
}

PyObject *find_space(struct builder *builder, struct span prefix)
{
    for (int at = builder->space_count; at-- > 0;) {
        struct space *space = &builder->spaces[at];

        if (!is_same(space->prefix, prefix))
            continue;
        if (prefix.length > 0 && !use(builder, prefix, space->uri))
            return NULL;
        return space->uri;
    }
    return prefix.length == 0 ? builder->state->no_text : NULL;
}
