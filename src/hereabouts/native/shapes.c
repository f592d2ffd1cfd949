/* The values of `base/xml.py` and `presence/pidf/document.py`: which fields they have, and where. */
#include "documents.h"

static const char *const fields[KINDS][MOST_FIELDS] = {
    [TREE] = {"root", "prefixes"},
    [NODE] = {"namespace", "name", "attributes", "text", "children", "tail"},
    [ATTRIBUTE] = {"namespace", "name", "value"},
    [DOCUMENT] = {"entity", "tuples", "persons", "devices", "notes", "others", "prefixes"},
    [TUPLE] = {"id", "basic", "status", "extensions", "contact", "notes", "timestamp"},
    [PERSON] = {"id", "extensions", "notes", "timestamp"},
    [DEVICE] = {"id", "device_id", "extensions", "notes", "timestamp"},
    [NOTE] = {"text", "language"},
    [CONTACT] = {"uri", "priority"},
};

/* What each of them must be: a text, one of many things in a tuple, or anything. */
enum sort { ANY, TEXT, MANY };

static const enum sort sorts[KINDS][MOST_FIELDS] = {
    [TREE] = {ANY, MANY},
    [NODE] = {TEXT, TEXT, MANY, TEXT, MANY, TEXT},
    [ATTRIBUTE] = {TEXT, TEXT, TEXT},
    [DOCUMENT] = {TEXT, MANY, MANY, MANY, MANY, MANY, MANY},
    [TUPLE] = {TEXT, ANY, MANY, MANY, ANY, MANY, TEXT},
    [PERSON] = {TEXT, MANY, MANY, TEXT},
    [DEVICE] = {TEXT, TEXT, MANY, MANY, TEXT},
    [NOTE] = {TEXT, TEXT},
    [CONTACT] = {TEXT, TEXT},
};

int learn_kind(struct state *state, enum kind kind, PyObject *class)
{
    return learn_shape(&state->shapes[kind], class, fields[kind]);
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

    if (!is_one(shape, object))
        return false;
    for (int at = 0; at < shape->count; at++) {
        PyObject *value = field(state, kind, object, at);

        if (value == NULL || !is_of(sorts[kind][at], value))
            return false;
    }
    return true;
}

PyObject *made(const struct state *state, enum kind kind, PyObject *const *given)
{
    const struct shape *shape = &state->shapes[kind];
    PyObject *object = NULL;
    bool has_all = !PyErr_Occurred(); /* what failed may be another part of the same whole */

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
