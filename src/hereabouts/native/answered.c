/* The answers to NOTIFYs of ours among all that a burst has brought: `sip/glance.py` tells which. */
#include "messages.h"

/* Learns the classes, and how a transaction stands that has ended. */
PyObject *learn_transactions(PyObject *module, PyObject *arguments)
{
    static const char *const of_transaction[] = {
        "kind", "method", "key", "flow", "state", "payload", "is_passing", "has_left", "pending",
        "lingers_with", "due", "repeat_after", "stopped_at", NULL,
    };
    static const char *const of_flow[] = {"transport", "local", "host", "port", "listener", NULL};
    struct state *state = PyModule_GetState(module);
    PyObject *transaction, *flow, *ended;

    if (!PyArg_ParseTuple(arguments, "OOO:learn_transactions", &transaction, &flow, &ended))
        return NULL;
    if (learn_shape(&state->transaction, transaction, of_transaction) < 0 ||
        learn_shape(&state->flow, flow, of_flow) < 0)
        return NULL;
    Py_XSETREF(state->ended, Py_NewRef(ended));
    Py_RETURN_NONE;
}

/* Learns the kinds of transactions but of INVITEs, and how one stands before and behind its answer. */
PyObject *learn_kinds(PyObject *module, PyObject *arguments)
{
    struct state *state = PyModule_GetState(module);
    PyObject *server, *client, *trying, *completed;

    if (!PyArg_ParseTuple(arguments, "OOOO:learn_kinds", &server, &client, &trying, &completed))
        return NULL;
    Py_XSETREF(state->server, Py_NewRef(server));
    Py_XSETREF(state->client, Py_NewRef(client));
    Py_XSETREF(state->trying, Py_NewRef(trying));
    Py_XSETREF(state->completed, Py_NewRef(completed));
    Py_RETURN_NONE;
}

/* Whether a field is this text. */
static bool is_field(const struct shape *shape, PyObject *owner, int at, struct span text)
{
    PyObject *value = is_one(shape, owner) ? *place_in(shape, owner, at) : NULL;

    return value != NULL && is_ascii(value) && is_same(span_of(value), text);
}

/* Whether a transaction is that of a NOTIFY of our own, sent from here. */
static bool is_of_notify(const struct state *state, PyObject *transaction, struct span sent_by)
{
    if (!is_field(&state->transaction, transaction, TRANSACTION_METHOD, (struct span){"NOTIFY", 6}) ||
        *place_in(&state->transaction, transaction, TRANSACTION_IS_PASSING) != Py_False)
        return false;
    PyObject *flow = *place_in(&state->transaction, transaction, TRANSACTION_FLOW);

    return flow != NULL && is_field(&state->flow, flow, FLOW_LOCAL, sent_by);
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
    return is_of_notify(state, transaction, sent_by) ? Py_NewRef(transaction) : NULL;
}

/* Ends a transaction, as its `end` does, and takes it out of those that there are; who sent its
   request. NULL: nobody did, and nothing was done; or an exception is set. */
static PyObject *sender_of(const struct state *state, PyObject *transaction, PyObject *clients,
                           PyObject *users)
{
    PyObject *key = *place_in(&state->transaction, transaction, TRANSACTION_KEY);
    PyObject *sender = key ? PyDict_GetItemWithError(users, key) : NULL;

    if (sender == NULL)
        return NULL;
    Py_INCREF(key); /* what follows may let go of all others */
    Py_INCREF(sender);
    if (PyDict_DelItem(clients, key) < 0 || PyDict_DelItem(users, key) < 0)
        Py_CLEAR(sender);
    put_field(&state->transaction, transaction, TRANSACTION_DUE, Py_None);
    put_field(&state->transaction, transaction, TRANSACTION_STATE, state->ended);
    put_field(&state->transaction, transaction, TRANSACTION_PAYLOAD, state->no_bytes);
    Py_DECREF(key);
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
