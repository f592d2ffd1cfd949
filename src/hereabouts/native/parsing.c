/* Documents, from the declaration that they may begin with to their end. */
#include "trees.h"

/* Reads one of what a declaration says, if it is here. */
static bool read_detail(struct builder *builder, const char *name, struct span *value)
{
    const char *start = builder->at;

    if (pass_blanks(builder) && pass(builder, name)) {
        const char quote[] = {*builder->at, 0};

        if (pass(builder, "\"") || pass(builder, "'")) {
            *value = pass_all(builder, IN_NAME);
            if (pass(builder, quote))
                return true;
        }
    }
    builder->at = start;
    return false;
}

/* Whether it is a name; which one makes no difference, as our caller has chosen. */
static bool is_encoding(struct span name)
{
    return name.length > 0 && name.text[0] != '_' &&
           character_classes[(unsigned char)name.text[0]] & BEGINS_NAME;
}

static bool pass_declaration(struct builder *builder)
{
    struct span value;

    if (!pass(builder, "<?xml"))
        return true; /* it has none */
    if (!read_detail(builder, "version=", &value) || !is_called(value, "1.0"))
        return false;
    if (read_detail(builder, "encoding=", &value) && !is_encoding(value))
        return false;
    if (read_detail(builder, "standalone=", &value) && !is_called(value, "yes") &&
        !is_called(value, "no"))
        return false;
    pass_blanks(builder);
    return pass(builder, "?>");
}

static bool pass_comment(struct builder *builder)
{
    if (!pass(builder, "<!--"))
        return false;
    do
        pass_all(builder, IN_COMMENT);
    while (strncmp(builder->at, "--", 2) != 0 && pass(builder, "-"));
    return pass(builder, "-->");
}

/* Goes past what may stand around the root. */
static bool pass_surroundings(struct builder *builder)
{
    pass_blanks(builder);
    while (strncmp(builder->at, "<!", 2) == 0) {
        if (!pass_comment(builder))
            return false;
        pass_blanks(builder);
    }
    return true;
}

/* Reads a tag or a comment. */
static enum outcome read_markup(struct builder *builder)
{
    switch (builder->at[1]) {
    case '/':
        return read_end(builder);
    case '!':
        return pass_comment(builder) ? READ : UNUSUAL;
    default:
        return read_start(builder);
    }
}

static enum outcome read_root(struct builder *builder)
{
    enum outcome outcome = *builder->at == '<' ? read_start(builder) : UNUSUAL;

    while (outcome == READ && builder->depth > 0)
        outcome = read_text(builder) ? read_markup(builder) : UNUSUAL;
    return outcome;
}

static enum outcome read_all(struct builder *builder, const char *end)
{
    if (!pass_declaration(builder) || !pass_surroundings(builder))
        return UNUSUAL;
    enum outcome outcome = read_root(builder);

    if (outcome == READ && (!pass_surroundings(builder) || builder->at != end))
        return UNUSUAL;
    return outcome;
}

/* Whether this is UTF-8, without the two characters that only XML forbids. */
static bool is_utf8(struct span text)
{
    PyObject *string = PyUnicode_DecodeUTF8(text.text, (Py_ssize_t)text.length, NULL);

    if (string == NULL) {
        PyErr_Clear();
        return false;
    }
    Py_DECREF(string);
    return memmem(text.text, text.length, "\xef\xbf\xbe", 3) == NULL &&
           memmem(text.text, text.length, "\xef\xbf\xbf", 3) == NULL;
}

/* Whether this is in UTF-8, without a mark before it. */
static bool is_plain(struct span document)
{
    return document.length <= LONGEST && document.text[0] == '<' &&
           (is_all_ascii(document) || is_utf8(document));
}

static PyObject *read_plain(struct state *state, struct span document, long deepest)
{
    struct builder builder;
    PyObject *tree = NULL;

    memset(&builder, 0, offsetof(struct builder, opened)); /* of the rest nothing is used unset */
    builder.state = state;
    builder.at = document.text;
    builder.deepest = deepest < DEEPEST ? (int)deepest : DEEPEST;
    add_xml_space(&builder);
    enum outcome outcome = read_all(&builder, document.text + document.length);

    if (outcome == READ)
        tree = tree_of(&builder);
    else if (outcome == UNUSUAL)
        tree = Py_NewRef(Py_None);
    release_builder(&builder);
    return tree;
}

PyObject *read_tree(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    struct state *state = PyModule_GetState(module);
    int overflow; /* leaves -1, a depth that nothing has */

    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "read takes a document and the depth that is allowed");
        return NULL;
    }
    long deepest = PyLong_AsLongAndOverflow(given[1], &overflow);

    if (deepest == -1 && PyErr_Occurred())
        return NULL;
    if (state->tree == NULL || !PyBytes_Check(given[0]))
        Py_RETURN_NONE;
    struct span document = {PyBytes_AS_STRING(given[0]), (size_t)PyBytes_GET_SIZE(given[0])};

    if (!is_plain(document))
        Py_RETURN_NONE;
    return read_plain(state, document, deepest);
}
