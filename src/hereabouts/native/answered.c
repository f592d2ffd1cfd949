/* The answers to NOTIFYs of ours among all that a burst has brought: `sip/glance.py` tells which. */
#include "messages.h"

static const char *const read_names[ANSWERED_NAMES] = {
    "method", "is_passing", "flow", "local", "key", "end",
};

/* The places of these names. */
enum { METHOD, IS_PASSING, FLOW, LOCAL, KEY, END };

int keep_answered_names(struct state *state)
{
    for (int at = 0; at < ANSWERED_NAMES; at++) {
        state->answered_names[at] = PyUnicode_InternFromString(read_names[at]);
        if (state->answered_names[at] == NULL)
            return -1;
    }
    return 0;
}

/* Whether a field has this text; -1 with an exception set. */
static int is_field(PyObject *owner, PyObject *name, struct span text)
{
    PyObject *value = PyObject_GetAttr(owner, name);

    if (value == NULL)
        return -1;
    bool is_so = PyUnicode_Check(value) && PyUnicode_IS_COMPACT_ASCII(value) &&
                 (size_t)PyUnicode_GET_LENGTH(value) == text.length &&
                 memcmp(PyUnicode_1BYTE_DATA(value), text.text, text.length) == 0;

    Py_DECREF(value);
    return is_so;
}

/* Whether a transaction is that of a NOTIFY of our own, sent from here; -1 as above. */
static int is_of_notify(const struct state *state, PyObject *transaction, struct span sent_by)
{
    int is_notify = is_field(transaction, state->answered_names[METHOD], (struct span){"NOTIFY", 6});

    if (is_notify <= 0)
        return is_notify;
    PyObject *is_passing = PyObject_GetAttr(transaction, state->answered_names[IS_PASSING]);
    PyObject *flow = is_passing ? PyObject_GetAttr(transaction, state->answered_names[FLOW]) : NULL;
    int outcome = flow == NULL ? -1 : is_passing != Py_False ? 0 :
                  is_field(flow, state->answered_names[LOCAL], sent_by);

    Py_XDECREF(is_passing);
    Py_XDECREF(flow);
    return outcome;
}

/* The transaction that a packet ends; NULL: it ends none, or an exception is set. */
static PyObject *ended_by(const struct state *state, PyObject *packet, PyObject *clients)
{
    struct span sent_by, branch;

    if (!is_taken(packet, &sent_by, &branch))
        return NULL;
    PyObject *key = text_of(branch);
    PyObject *transaction = key ? PyDict_GetItemWithError(clients, key) : NULL;

    Py_XDECREF(key);
    if (transaction == NULL)
        return NULL;
    Py_INCREF(transaction); /* reading its fields could run anything */
    if (is_of_notify(state, transaction, sent_by) <= 0)
        Py_CLEAR(transaction);
    return transaction;
}

/* Ends a transaction, and takes it out of those that there are; who sent its request, or NULL. */
static PyObject *sender_of(const struct state *state, PyObject *transaction, PyObject *clients,
                           PyObject *users)
{
    PyObject *key = PyObject_GetAttr(transaction, state->answered_names[KEY]);
    PyObject *ended = PyObject_CallMethodNoArgs(transaction, state->answered_names[END]);
    PyObject *sender = key && ended ? PyDict_GetItemWithError(users, key) : NULL;

    Py_XINCREF(sender);
    Py_XDECREF(ended);
    if (sender != NULL && (PyDict_DelItem(clients, key) < 0 || PyDict_DelItem(users, key) < 0))
        Py_CLEAR(sender);
    if (sender == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_KeyError, "a transaction without a user");
    Py_XDECREF(key);
    return sender;
}

PyObject *answered(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 3 || !PyList_Check(given[0]) || !PyDict_Check(given[1]) ||
        !PyDict_Check(given[2])) {
        PyErr_SetString(PyExc_TypeError, "answered takes a list and two dicts");
        return NULL;
    }
    PyObject *senders = PyList_New(0), *rest = PyList_New(0);
    bool is_well = senders && rest;

    for (Py_ssize_t at = 0; is_well && at < PyList_GET_SIZE(given[0]); at++) {
        PyObject *both = Py_NewRef(PyList_GET_ITEM(given[0], at));
        bool is_pair = PyTuple_Check(both) && PyTuple_GET_SIZE(both) == 2;
        PyObject *found =
            is_pair ? ended_by(state, PyTuple_GET_ITEM(both, 0), given[1]) : NULL;
        PyObject *sender = found ? sender_of(state, found, given[1], given[2]) : NULL;

        is_well = !PyErr_Occurred() &&
                  (sender ? PyList_Append(senders, sender) : PyList_Append(rest, both)) == 0;
        Py_XDECREF(sender);
        Py_XDECREF(found);
        Py_DECREF(both);
    }
    PyObject *tuple = is_well ? PyTuple_Pack(2, senders, rest) : NULL;

    Py_XDECREF(senders);
    Py_XDECREF(rest);
    return tuple;
}
