/* The values of `base/xml.py` and `presence/pidf/document.py`: which fields they have, and where. */
#include "documents.h"

enum sort { ANY, TEXT, MANY };

static const struct {
    const char *name;
    enum sort sort;
} fields[KINDS][MOST_FIELDS] = {
    [TREE] = {{"root", ANY}, {"prefixes", MANY}},
    [NODE] = {{"namespace", TEXT}, {"name", TEXT}, {"attributes", MANY}, {"text", TEXT},
              {"children", MANY}, {"tail", TEXT}},
    [ATTRIBUTE] = {{"namespace", TEXT}, {"name", TEXT}, {"value", TEXT}},
    [DOCUMENT] = {{"entity", TEXT}, {"tuples", MANY}, {"persons", MANY}, {"devices", MANY},
                  {"notes", MANY}, {"others", MANY}, {"prefixes", MANY}},
    [TUPLE] = {{"id", TEXT}, {"basic", ANY}, {"status", MANY}, {"extensions", MANY},
               {"contact", ANY}, {"notes", MANY}, {"timestamp", TEXT}},
    [PERSON] = {{"id", TEXT}, {"extensions", MANY}, {"notes", MANY}, {"timestamp", TEXT}},
    [DEVICE] = {{"id", TEXT}, {"device_id", TEXT}, {"extensions", MANY}, {"notes", MANY},
                {"timestamp", TEXT}},
    [NOTE] = {{"text", TEXT}, {"language", TEXT}},
    [CONTACT] = {{"uri", TEXT}, {"priority", TEXT}},
};

int learn_shape(struct state *state, enum kind kind, PyObject *class)
{
    struct shape *shape = &state->shapes[kind];

    if (!PyType_Check(class)) {
        PyErr_SetString(PyExc_TypeError, "what documents are made of are classes");
        return -1;
    }
    for (shape->count = 0; shape->count < MOST_FIELDS; shape->count++) {
        const char *name = fields[kind][shape->count].name;

        if (name == NULL)
            break;
        shape->places[shape->count] = place_of(class, name);
        if (shape->places[shape->count] < 0)
            return -1;
    }
    Py_XSETREF(shape->class, Py_NewRef(class));
    return 0;
}

void forget_shapes(struct state *state)
{
    for (int kind = 0; kind < KINDS; kind++)
        Py_CLEAR(state->shapes[kind].class);
}

static bool is_of(enum sort sort, PyObject *value)
{
    if (sort == TEXT)
        return PyUnicode_CheckExact(value);
    return sort == ANY || PyTuple_CheckExact(value);
}

bool is_whole(const struct state *state, enum kind kind, PyObject *object)
{
    const struct shape *shape = &state->shapes[kind];

    if (shape->class == NULL || !Py_IS_TYPE(object, (PyTypeObject *)shape->class))
        return false;
    for (int at = 0; at < shape->count; at++) {
        PyObject *value = field(state, kind, object, at);

        if (value == NULL || !is_of(fields[kind][at].sort, value))
            return false;
    }
    return true;
}

PyObject *made(const struct state *state, enum kind kind, PyObject *const *given)
{
    const struct shape *shape = &state->shapes[kind];
    PyObject *object = NULL;
    bool has_all = true;

    for (int at = 0; at < shape->count; at++)
        has_all = has_all && given[at] != NULL;
    if (has_all)
        object = PyObject_Vectorcall(shape->class, given, (size_t)shape->count, NULL);
    for (int at = 0; at < shape->count; at++)
        Py_XDECREF(given[at]);
    return object;
}

PyObject *attribute_of(const struct state *state, PyObject *node, struct span namespace,
                       struct span name)
{
    PyObject *attributes = field(state, NODE, node, NODE_ATTRIBUTES);

    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(attributes); at++) {
        PyObject *each = PyTuple_GET_ITEM(attributes, at);

        if (is_whole(state, ATTRIBUTE, each) &&
            is_text(field(state, ATTRIBUTE, each, ATTRIBUTE_NAME), name) &&
            is_text(field(state, ATTRIBUTE, each, ATTRIBUTE_NAMESPACE), namespace))
            return field(state, ATTRIBUTE, each, ATTRIBUTE_VALUE);
    }
    return NULL;
}
