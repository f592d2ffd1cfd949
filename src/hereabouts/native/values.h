/* Small things that several of the modules do with texts, tuples and fields. */
#ifndef HEREABOUTS_VALUES_H
#define HEREABOUTS_VALUES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

struct span {
    const char *text;
    size_t length;
};

static inline bool is_same(struct span one, struct span other)
{
    return one.length == other.length && memcmp(one.text, other.text, one.length) == 0;
}

static inline bool is_all_ascii(struct span text)
{
    const uint64_t high = 0x8080808080808080u;
    uint64_t word, found = 0;

    for (; text.length >= sizeof word; text.text += sizeof word, text.length -= sizeof word) {
        memcpy(&word, text.text, sizeof word);
        found |= word;
    }
    for (; text.length > 0; text.text++, text.length--)
        found |= (unsigned char)*text.text;
    return (found & high) == 0;
}

/* The text, which is ASCII: whoever asks has made sure of that. */
static inline PyObject *text_of(struct span text)
{
    if (text.length <= 1) /* Python keeps those ready */
        return PyUnicode_DecodeASCII(text.text, (Py_ssize_t)text.length, NULL);
    PyObject *made = PyUnicode_New((Py_ssize_t)text.length, 127);

    if (made != NULL)
        memcpy(PyUnicode_1BYTE_DATA(made), text.text, text.length);
    return made;
}

static inline bool is_ascii(PyObject *given)
{
    return PyUnicode_Check(given) && PyUnicode_IS_COMPACT_ASCII(given);
}

static inline struct span span_of(PyObject *ascii)
{
    return (struct span){(const char *)PyUnicode_1BYTE_DATA(ascii),
                         (size_t)PyUnicode_GET_LENGTH(ascii)};
}

/* A tuple of these, which it takes over; NULL if one of them is NULL. */
static inline PyObject *tuple_of(PyObject *const *items, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    bool is_whole = tuple != NULL;

    for (Py_ssize_t at = 0; at < count; at++) {
        is_whole = is_whole && items[at] != NULL;
        if (tuple != NULL)
            PyTuple_SET_ITEM(tuple, at, items[at]);
        else
            Py_XDECREF(items[at]);
    }
    if (!is_whole)
        Py_CLEAR(tuple);
    return tuple;
}

/* Where the objects of a class have a field that is a slot; -1 with an exception set. */
static inline Py_ssize_t slot_of(PyObject *class, const char *name)
{
    PyObject *member = PyObject_GetAttrString(class, name);
    Py_ssize_t place = -1;

    if (member != NULL && Py_IS_TYPE(member, &PyMemberDescr_Type) &&
        ((PyMemberDescrObject *)member)->d_member->type == T_OBJECT_EX)
        place = ((PyMemberDescrObject *)member)->d_member->offset;
    else
        PyErr_Format(PyExc_TypeError, "%s is no slot of the class given", name);
    Py_XDECREF(member);
    return place;
}

#define MOST_FIELDS 16

/* A class, and where its objects have the fields that are asked for. */
struct shape {
    PyObject *class; /* NULL before it is learnt */
    Py_ssize_t places[MOST_FIELDS];
    int count;
};

/* Learns a class by the names of these fields, in their order, NULL behind them; -1 with an
   exception set. */
static inline int learn_shape(struct shape *shape, PyObject *class, const char *const *names)
{
    if (!PyType_Check(class)) {
        PyErr_SetString(PyExc_TypeError, "what is learnt is a class");
        return -1;
    }
    struct shape learnt = {.class = class};

    for (; names[learnt.count] != NULL; learnt.count++) {
        learnt.places[learnt.count] = slot_of(class, names[learnt.count]);
        if (learnt.places[learnt.count] < 0)
            return -1;
    }
    PyObject *before = shape->class;

    Py_INCREF(class);
    *shape = learnt;
    Py_XDECREF(before);
    return 0;
}

/* Whether there is an object, and it is of the class, of no class below it. */
static inline bool is_one(const struct shape *shape, PyObject *object)
{
    return shape->class != NULL && object != NULL && Py_IS_TYPE(object, (PyTypeObject *)shape->class);
}

static inline PyObject **place_in(const struct shape *shape, PyObject *object, int at)
{
    return (PyObject **)((char *)object + shape->places[at]);
}

#endif
