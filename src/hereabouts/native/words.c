/* Names of elements and attributes, and their namespaces. */
#include "trees.h"

static bool is_same(PyObject *kept, struct span text)
{
    return (size_t)PyUnicode_GET_LENGTH(kept) == text.length &&
           memcmp(PyUnicode_1BYTE_DATA(kept), text.text, text.length) == 0;
}

/* The place where a word is kept. Whoever makes two of them meet only makes them be made anew. */
static PyObject **place_of(struct state *state, struct span text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t at = 0; at < text.length; at++)
        hash = (hash ^ (unsigned char)text.text[at]) * 16777619u;
    return &state->words[(hash ^ hash >> 16) & (WORDS - 1)];
}

PyObject *word(struct state *state, struct span text)
{
    if (text.length >= LONGEST_WORD)
        return PyUnicode_DecodeUTF8(text.text, (Py_ssize_t)text.length, NULL);
    PyObject **kept = place_of(state, text);

    if (*kept != NULL && is_same(*kept, text))
        return Py_NewRef(*kept);
    PyObject *made = PyUnicode_DecodeUTF8(text.text, (Py_ssize_t)text.length, NULL);

    if (made != NULL && PyUnicode_IS_ASCII(made))
        Py_XSETREF(*kept, Py_NewRef(made));
    return made;
}

static struct space *find_space(struct builder *builder, struct span uri)
{
    for (int at = 0; at < builder->space_count; at++) {
        struct span known = builder->spaces[at].text;

        if (known.length == uri.length && memcmp(known.text, uri.text, uri.length) == 0)
            return &builder->spaces[at];
    }
    return NULL;
}

enum outcome add_space(struct builder *builder, const char *prefix, const char *uri)
{
    struct span text = {uri, strlen(uri)}, short_name = {prefix, strlen(prefix)};
    struct space *space = find_space(builder, text);
    Py_ssize_t length;

    if (space != NULL) /* expat does not say which of two prefixes a name has */
        return PyUnicode_CompareWithASCIIString(space->prefix, prefix) == 0 ? READ : UNUSUAL;
    if (builder->space_count == MOST_SPACES)
        return UNUSUAL;
    space = &builder->spaces[builder->space_count];
    *space = (struct space){.uri = word(builder->state, text),
                            .prefix = word(builder->state, short_name)};
    builder->space_count++;
    if (space->uri == NULL || space->prefix == NULL)
        return FAILED;
    space->text.text = PyUnicode_AsUTF8AndSize(space->uri, &length);
    space->text.length = (size_t)length;
    return space->text.text ? READ : FAILED;
}

static void use(struct builder *builder, struct space *space)
{
    if (space->is_used || PyUnicode_GET_LENGTH(space->prefix) == 0)
        return;
    space->is_used = true;
    builder->used[builder->used_count++] = space;
}

enum outcome read_name(struct builder *builder, const char *full_name, PyObject **namespace,
                       PyObject **name)
{
    const char *separator = strchr(full_name, SEPARATOR);
    struct state *state = builder->state;

    *namespace = state->no_text;
    if (separator != NULL) {
        struct span uri = {full_name, (size_t)(separator - full_name)};
        struct space *space = find_space(builder, uri);

        if (space == NULL)
            return UNUSUAL; /* never: each was declared */
        use(builder, space);
        *namespace = space->uri;
        full_name = separator + 1;
    }
    *name = word(state, (struct span){full_name, strlen(full_name)});
    return *name ? READ : FAILED;
}
