/* Which prefix stands for which namespace in a document that is written, as `_Prefixes` of
   `presence/pidf/writer.py` finds it. */
#include "documents.h"

#include <stdio.h>

/* Whether a text may be a prefix as it is: a name that does not begin with `xml`. */
static bool is_prefix(PyObject *text)
{
    if (!PyUnicode_CheckExact(text) || !is_identifier(text))
        return false;
    struct span given = span_of(text);

    return given.length < 3 || PyOS_strnicmp(given.text, "xml", 3) != 0;
}

/* Whether it is fixed for a namespace, or another one has it already. */
static bool is_taken(const struct prefixes *prefixes, PyObject *wanted)
{
    PyObject *namespace, *fixed;
    Py_ssize_t at = 0;

    for (int place = 0; place < prefixes->count; place++)
        if (is_text(wanted, prefixes->given[place].text))
            return true;
    while (PyDict_Next(prefixes->state->prefixes, &at, &namespace, &fixed))
        if (is_text(fixed, span_of(wanted)))
            return true;
    return false;
}

/* The one that the publisher has chosen, borrowed, or NULL. */
static PyObject *wanted_for(const struct prefixes *prefixes, struct span namespace)
{
    for (Py_ssize_t at = PyTuple_GET_SIZE(prefixes->wanted); at-- > 0;) {
        PyObject *pair = PyTuple_GET_ITEM(prefixes->wanted, at);

        if (PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2 &&
            PyUnicode_CheckExact(PyTuple_GET_ITEM(pair, 0)) &&
            is_text(PyTuple_GET_ITEM(pair, 0), namespace))
            return PyTuple_GET_ITEM(pair, 1);
    }
    return NULL;
}

/* Finds a prefix for a namespace that is used for the first time; false: Python decides. */
static bool choose(struct prefixes *prefixes, struct prefix *prefix)
{
    PyObject *fixed = PyDict_GetItemWithError(prefixes->state->prefixes, prefix->namespace);
    PyObject *wanted = wanted_for(prefixes, span_of(prefix->namespace));

    if (fixed != NULL) {
        prefix->text = span_of(fixed);
        return true;
    }
    if (wanted != NULL) {
        if (!is_prefix(wanted) || is_taken(prefixes, wanted))
            return false;
        prefix->text = span_of(wanted);
        return true;
    }
    int length = snprintf(prefix->room, sizeof prefix->room, "ns%d", ++prefixes->numbers);

    prefix->text = (struct span){prefix->room, (size_t)length};
    for (int at = 0; at < prefixes->count; at++)
        if (is_same(prefixes->given[at].text, prefix->text))
            return false;
    return true;
}

/* The prefix of a namespace, or NULL: Python decides. */
static const struct prefix *find(struct prefixes *prefixes, PyObject *namespace)
{
    struct prefix *prefix = &prefixes->given[prefixes->count];

    if (!is_ascii(namespace))
        return NULL;
    for (int at = 0; at < prefixes->count; at++)
        if (is_text(prefixes->given[at].namespace, span_of(namespace)))
            return &prefixes->given[at];
    if (prefixes->count == MOST_PREFIXES)
        return NULL;
    prefix->namespace = namespace;
    if (!choose(prefixes, prefix))
        return NULL;
    prefixes->count++;
    return prefix;
}

void use_prefix(struct page *page, struct prefixes *prefixes, PyObject *namespace)
{
    if (find(prefixes, namespace) == NULL)
        page->is_usual = false;
}

void put_prefix(struct page *page, struct prefixes *prefixes, PyObject *namespace)
{
    const struct prefix *prefix = find(prefixes, namespace);

    if (prefix == NULL) {
        page->is_usual = false;
        return;
    }
    put(page, prefix->text);
    put_word(page, ":");
}

void put_declarations(struct page *page, const struct prefixes *prefixes)
{
    for (int at = 0; at < prefixes->count; at++) {
        const struct prefix *prefix = &prefixes->given[at];

        if (is_text(prefix->namespace, XML))
            continue; /* it needs none */
        put_word(page, " xmlns:");
        put(page, prefix->text);
        put_word(page, "=");
        put_value(page, prefix->namespace);
    }
}
