/* Small things that several of the modules do with texts, tuples and fields. */
#ifndef HEREABOUTS_VALUES_H
#define HEREABOUTS_VALUES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <structmember.h>

struct span {
    const char *text;
    size_t length;
};

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
static inline Py_ssize_t place_of(PyObject *class, const char *name)
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

#endif
