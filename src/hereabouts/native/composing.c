/* The document of a presentity that has one publication, as `presence/composition.py` composes it.
   It is that of the publication, with other identifiers. */
#include "documents.h"

#define RPID SPAN("urn:ietf:params:xml:ns:pidf:rpid")

/* Whether an attribute is an identifier, which would have to be made anew. */
static bool is_id(const struct state *state, PyObject *attribute)
{
    return !is_whole(state, ATTRIBUTE, attribute) ||
           is_text(field(state, ATTRIBUTE, attribute, ATTRIBUTE_NAME), SPAN("id"));
}

/* Whether these are nodes that may stay as they are. */
static bool are_plain(const struct state *state, PyObject *nodes, int depth)
{
    if (depth == DEEPEST)
        return false;
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(nodes); at++) {
        PyObject *node = PyTuple_GET_ITEM(nodes, at);

        if (!is_whole(state, NODE, node))
            return false;
        PyObject *attributes = field(state, NODE, node, NODE_ATTRIBUTES);

        for (Py_ssize_t place = 0; place < PyTuple_GET_SIZE(attributes); place++)
            if (is_id(state, PyTuple_GET_ITEM(attributes, place)))
                return false;
        if (!are_plain(state, field(state, NODE, node, NODE_CHILDREN), depth + 1))
            return false;
    }
    return true;
}

/* The nodes, if they may stay. */
static PyObject *kept(const struct state *state, PyObject *nodes)
{
    return are_plain(state, nodes, 0) ? Py_NewRef(nodes) : NULL;
}

/* A field that stays as it is. */
static PyObject *same(const struct state *state, enum kind kind, PyObject *object, int at)
{
    return Py_NewRef(field(state, kind, object, at));
}

static PyObject *tuple_as(const struct state *state, PyObject *tuple, PyObject *slot)
{
    return made(state, TUPLE,
                (PyObject *[]){
                    PyUnicode_FromFormat("t%U-1", slot),
                    same(state, TUPLE, tuple, TUPLE_BASIC),
                    kept(state, field(state, TUPLE, tuple, TUPLE_STATUS)),
                    kept(state, field(state, TUPLE, tuple, TUPLE_EXTENSIONS)),
                    same(state, TUPLE, tuple, TUPLE_CONTACT),
                    same(state, TUPLE, tuple, TUPLE_NOTES),
                    same(state, TUPLE, tuple, TUPLE_TIMESTAMP),
                });
}

/* The person, who must be of no class: else his identifier tells of which. */
static PyObject *person_as(const struct state *state, PyObject *person, PyObject *slot)
{
    PyObject *extensions = kept(state, field(state, PERSON, person, PERSON_EXTENSIONS));

    (void)slot; /* he is the same whoever publishes him */
    for (Py_ssize_t at = 0; extensions != NULL && at < PyTuple_GET_SIZE(extensions); at++) {
        PyObject *node = PyTuple_GET_ITEM(extensions, at);

        if (is_text(field(state, NODE, node, NODE_NAME), SPAN("class")) &&
            is_text(field(state, NODE, node, NODE_NAMESPACE), RPID)) {
            Py_CLEAR(extensions);
        }
    }
    return made(state, PERSON,
                (PyObject *[]){
                    PyUnicode_FromString("person"),
                    extensions,
                    same(state, PERSON, person, PERSON_NOTES),
                    same(state, PERSON, person, PERSON_TIMESTAMP),
                });
}

static PyObject *device_as(const struct state *state, PyObject *device, PyObject *slot)
{
    return made(state, DEVICE,
                (PyObject *[]){
                    PyUnicode_FromFormat("d%U-1", slot),
                    same(state, DEVICE, device, DEVICE_DEVICE_ID),
                    kept(state, field(state, DEVICE, device, DEVICE_EXTENSIONS)),
                    same(state, DEVICE, device, DEVICE_NOTES),
                    same(state, DEVICE, device, DEVICE_TIMESTAMP),
                });
}

/* A tuple of what the only occurrence in another one becomes, or an empty one. */
static PyObject *only_as(const struct state *state, enum kind kind, PyObject *occurrences,
                         PyObject *slot,
                         PyObject *(*as)(const struct state *, PyObject *, PyObject *))
{
    if (PyTuple_GET_SIZE(occurrences) == 0)
        return Py_NewRef(occurrences);
    PyObject *only = PyTuple_GET_ITEM(occurrences, 0);

    if (PyTuple_GET_SIZE(occurrences) > 1 || !is_whole(state, kind, only))
        return NULL;
    return tuple_of((PyObject *[]){as(state, only, slot)}, 1);
}

/* A tuple in which nothing can be twice. */
static PyObject *at_most_one(PyObject *values)
{
    return PyTuple_GET_SIZE(values) > 1 ? NULL : Py_NewRef(values);
}

static PyObject *composed(const struct state *state, PyObject *presentity, PyObject *slot,
                          PyObject *document)
{
    PyObject *others = at_most_one(field(state, DOCUMENT, document, DOCUMENT_OTHERS));

    if (others != NULL && !are_plain(state, others, 0))
        Py_CLEAR(others);
    return made(state, DOCUMENT,
                (PyObject *[]){
                    Py_NewRef(presentity),
                    only_as(state, TUPLE, field(state, DOCUMENT, document, DOCUMENT_TUPLES), slot,
                            tuple_as),
                    only_as(state, PERSON, field(state, DOCUMENT, document, DOCUMENT_PERSONS),
                            slot, person_as),
                    only_as(state, DEVICE, field(state, DOCUMENT, document, DOCUMENT_DEVICES),
                            slot, device_as),
                    at_most_one(field(state, DOCUMENT, document, DOCUMENT_NOTES)),
                    others,
                    same(state, DOCUMENT, document, DOCUMENT_PREFIXES),
                });
}

/* `None`: Python decides. */
PyObject *compose(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 3 || !PyUnicode_Check(given[0]) || !PyUnicode_Check(given[1])) {
        PyErr_SetString(PyExc_TypeError, "compose takes a presentity, a slot and a document");
        return NULL;
    }
    if (!is_whole(state, DOCUMENT, given[2]))
        Py_RETURN_NONE;
    PyObject *document = composed(state, given[0], given[1], given[2]);

    return document || PyErr_Occurred() ? document : Py_NewRef(Py_None);
}
