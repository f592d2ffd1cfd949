/* Expat, and what it tells. */
#include "trees.h"

static void XMLCALL start(void *given, const XML_Char *name, const XML_Char **attributes)
{
    struct builder *builder = given;

    if (builder->outcome == READ)
        builder->outcome = open_element(builder, name, attributes);
}

static void XMLCALL end(void *given, const XML_Char *name)
{
    struct builder *builder = given;

    (void)name;
    if (builder->outcome == READ)
        builder->outcome = close_element(builder);
}

static void XMLCALL characters(void *given, const XML_Char *text, int length)
{
    struct builder *builder = given;

    if (builder->outcome == READ)
        builder->outcome = add_text(builder, (struct span){text, (size_t)length});
}

static void XMLCALL declare(void *given, const XML_Char *prefix, const XML_Char *uri)
{
    struct builder *builder = given;

    if (builder->outcome == READ && uri != NULL) /* it is for `xmlns=""` */
        builder->outcome = add_space(builder, prefix ? prefix : "", uri);
}

static XML_Parser make_parser(struct builder *builder)
{
    static const XML_Memory_Handling_Suite memory = {PyObject_Malloc, PyObject_Realloc,
                                                     PyObject_Free};
    static const char separator[] = {SEPARATOR, 0};
    const struct PyExpat_CAPI *expat = builder->state->expat;
    XML_Parser parser = expat->ParserCreate_MM("utf-8", &memory, separator);

    if (parser == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    expat->SetHashSalt(parser, builder->state->salt);
    expat->SetUserData(parser, builder);
    expat->SetElementHandler(parser, start, end);
    expat->SetCharacterDataHandler(parser, characters);
    expat->SetNamespaceDeclHandler(parser, declare, NULL);
    return parser;
}

static enum outcome build(struct builder *builder, struct span document)
{
    const struct PyExpat_CAPI *expat = builder->state->expat;
    XML_Parser parser = make_parser(builder);

    if (parser == NULL)
        return FAILED;
    enum XML_Status status = expat->Parse(parser, document.text, (int)document.length, 1);

    expat->ParserFree(parser);
    if (builder->outcome == READ && status != XML_STATUS_OK)
        return UNUSUAL; /* Python finds the fault again, and names it */
    return builder->outcome;
}

/* Whether this is in UTF-8, without a mark before it, and without what expat cannot be told to
   leave alone: a NUL it would take for UTF-16, and a DOCTYPE for an order to expand entities. */
static bool is_plain(struct span document)
{
    static const char doctype[] = "<!DOCTYPE";

    if (document.length == 0 || document.length > LONGEST || document.text[0] != '<')
        return false;
    if (memchr(document.text, 0, document.length) != NULL)
        return false;
    if (memmem(document.text, document.length, doctype, sizeof doctype - 1) != NULL)
        return false;
    PyObject *text = PyUnicode_DecodeUTF8(document.text, (Py_ssize_t)document.length, NULL);

    if (text == NULL)
        PyErr_Clear();
    Py_XDECREF(text);
    return text != NULL;
}

static PyObject *read_plain(struct state *state, struct span document, long deepest)
{
    struct builder builder;
    PyObject *tree = NULL;

    memset(&builder, 0, offsetof(struct builder, opened)); /* of the rest nothing is used unset */
    builder.state = state;
    builder.deepest = deepest < DEEPEST ? (int)deepest : DEEPEST;
    builder.outcome = add_space(&builder, "xml", XML_NAMESPACE); /* it needs no declaration */
    if (builder.outcome == READ)
        builder.outcome = build(&builder, document);
    if (builder.outcome == READ)
        tree = tree_of(&builder);
    else if (builder.outcome == UNUSUAL)
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
