/* Requests of our own as they are begun, and packets as they have left: what `sip/leaving.py` does
   with each of them, done with all at once. */
#include "messages.h"

/* -- requests are begun */

/* The fields of what `begin` is given, and those of what it makes. */
enum { BRANCH_OF, FLOW_OF, PAYLOAD_OF, SUBJECT_OF, WRITTEN };

/* Whether all requests are written, and none is longer. */
static bool are_written(PyObject *written, Py_ssize_t longest)
{
    for (Py_ssize_t at = 0; at < PyList_GET_SIZE(written); at++) {
        PyObject *each = PyList_GET_ITEM(written, at);

        if (!PyTuple_Check(each) || PyTuple_GET_SIZE(each) != WRITTEN ||
            !PyBytes_Check(PyTuple_GET_ITEM(each, PAYLOAD_OF)) ||
            PyBytes_GET_SIZE(PyTuple_GET_ITEM(each, PAYLOAD_OF)) > longest)
            return false;
    }
    return true;
}

/* Where what is begun is kept. */
struct kept {
    PyObject *told, *clients, *users, *outbox, *begun;
};

/* What could not be kept whole would never end: nothing of it stays. */
static void forget(const struct kept *kept, PyObject *key)
{
    PyObject *kind, *value, *traceback;

    PyErr_Fetch(&kind, &value, &traceback);
    if (PyDict_DelItem(kept->clients, key) < 0 || PyDict_DelItem(kept->users, key) < 0)
        PyErr_Clear(); /* it was not there yet */
    PyErr_Restore(kind, value, traceback);
}

/* Keeps a transaction, who is told of it, and what leaves for it; -1 with an exception set. */
static int keep_begun(const struct kept *kept, PyObject *each, PyObject *transaction)
{
    PyObject *key = PyTuple_GET_ITEM(each, BRANCH_OF);
    PyObject *user = PyTuple_Pack(2, kept->told, PyTuple_GET_ITEM(each, SUBJECT_OF));
    PyObject *packet = user ? PyTuple_Pack(3, PyTuple_GET_ITEM(each, FLOW_OF),
                                           PyTuple_GET_ITEM(each, PAYLOAD_OF), transaction)
                            : NULL;
    bool is_kept = packet && PyList_Append(kept->begun, transaction) == 0 &&
                   PyDict_SetItem(kept->clients, key, transaction) == 0 &&
                   PyDict_SetItem(kept->users, key, user) == 0 &&
                   PyList_Append(kept->outbox, packet) == 0;

    if (!is_kept)
        forget(kept, key);
    Py_XDECREF(user);
    Py_XDECREF(packet);
    return is_kept ? 0 : -1;
}

static int begin_one(const struct state *state, const struct kept *kept, PyObject *method,
                     PyObject *each)
{
    PyObject *transaction = PyObject_Vectorcall(
        state->transaction.class,
        (PyObject *[]){state->client, method, PyTuple_GET_ITEM(each, BRANCH_OF),
                       PyTuple_GET_ITEM(each, FLOW_OF), state->trying},
        5, NULL);

    if (transaction == NULL)
        return -1;
    put_field(&state->transaction, transaction, TRANSACTION_PAYLOAD,
              PyTuple_GET_ITEM(each, PAYLOAD_OF));
    put_field(&state->transaction, transaction, TRANSACTION_PENDING, state->one);
    int failed = keep_begun(kept, each, transaction);

    Py_DECREF(transaction);
    return failed;
}

PyObject *begin(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 7 || !PyList_Check(given[1]) || !PyDict_Check(given[3]) ||
        !PyDict_Check(given[4]) || !PyList_Check(given[5]) || !PyLong_Check(given[6])) {
        PyErr_SetString(PyExc_TypeError,
                        "begin takes method, list, callable, two dicts, list and int");
        return NULL;
    }
    if (state->transaction.class == NULL || state->client == NULL ||
        !are_written(given[1], PyLong_AsSsize_t(given[6])))
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    struct kept kept = {given[2], given[3], given[4], given[5], PyList_New(0)};

    for (Py_ssize_t at = 0; kept.begun && at < PyList_GET_SIZE(given[1]); at++)
        if (begin_one(state, &kept, given[0], PyList_GET_ITEM(given[1], at)) < 0)
            Py_CLEAR(kept.begun);
    return kept.begun;
}

/* -- packets have left */

/* Whose timers begin now: those of requests, those of answers, and those that Python looks at. */
struct left {
    PyObject *asking, *lingering, *others;
};

/* The times that are given: the first repetition comes after one, and at the next; then the end. */
struct times {
    PyObject *first, *repeat_at, *stop_at;
};

/* Counts a packet as left; -1 with an exception set. */
static int count_left(const struct shape *shape, PyObject *transaction)
{
    PyObject *pending = value_in(shape, transaction, TRANSACTION_PENDING);
    long number = pending ? PyLong_AsLong(pending) : 0;

    if (number == -1 && PyErr_Occurred())
        return -1;
    PyObject *fewer = PyLong_FromLong(number - 1);

    if (fewer == NULL)
        return -1;
    put_field(shape, transaction, TRANSACTION_PENDING, fewer);
    put_field(shape, transaction, TRANSACTION_HAS_LEFT, Py_True);
    Py_DECREF(fewer);
    return 0;
}

static int begin_timers(const struct state *state, const struct left *left,
                        const struct times *times, PyObject *transaction)
{
    const struct shape *shape = &state->transaction;
    PyObject *kind = value_in(shape, transaction, TRANSACTION_KIND);
    PyObject *stands = value_in(shape, transaction, TRANSACTION_STATE);

    if (kind == state->client && stands == state->trying) {
        put_field(shape, transaction, TRANSACTION_STOPPED_AT, times->stop_at);
        put_field(shape, transaction, TRANSACTION_REPEAT_AFTER, times->first);
        put_field(shape, transaction, TRANSACTION_DUE, times->repeat_at);
        return PyList_Append(left->asking, transaction);
    }
    if (kind == state->server && stands == state->completed) {
        put_field(shape, transaction, TRANSACTION_DUE, times->stop_at);
        return PyList_Append(left->lingering, transaction);
    }
    return PyList_Append(left->others, transaction);
}

/* Whether all of them are packets. */
static bool are_packets(const struct state *state, PyObject *packets)
{
    for (Py_ssize_t at = 0; at < PyList_GET_SIZE(packets); at++) {
        PyObject *packet = PyList_GET_ITEM(packets, at);
        bool is_one_of_three = PyTuple_Check(packet) && PyTuple_GET_SIZE(packet) == 3;
        PyObject *transaction = is_one_of_three ? PyTuple_GET_ITEM(packet, 2) : NULL;

        if (transaction != Py_None && !is_one(&state->transaction, transaction))
            return false;
    }
    return true;
}

/* What becomes of one packet; -1 with an exception set. */
static int has_left(const struct state *state, const struct left *left, const struct times *times,
                    PyObject *packet)
{
    const struct shape *shape = &state->transaction;
    PyObject *transaction = PyTuple_GET_ITEM(packet, 2);

    if (transaction == Py_None)
        return 0;
    if (count_left(shape, transaction) < 0)
        return -1;
    if (value_in(shape, transaction, TRANSACTION_DUE) != Py_None)
        return 0;
    return begin_timers(state, left, times, transaction);
}

PyObject *released(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 4 || !PyList_Check(given[0]) || !are_packets(state, given[0])) {
        PyErr_SetString(PyExc_TypeError, "released takes a list of packets, and three times");
        return NULL;
    }
    struct left left = {PyList_New(0), PyList_New(0), PyList_New(0)};
    struct times times = {given[1], given[2], given[3]};
    bool is_well = left.asking && left.lingering && left.others;

    for (Py_ssize_t at = 0; is_well && at < PyList_GET_SIZE(given[0]); at++)
        is_well = has_left(state, &left, &times, PyList_GET_ITEM(given[0], at)) == 0;
    PyObject *tuple = is_well ? PyTuple_Pack(3, left.asking, left.lingering, left.others) : NULL;

    Py_XDECREF(left.asking);
    Py_XDECREF(left.lingering);
    Py_XDECREF(left.others);
    return tuple;
}

/* -- packets, and by which ways they leave */

/* Whether a flow is by datagrams; the number of its listener. */
static bool is_datagrams(const struct state *state, PyObject *flow, PyObject **listener)
{
    if (!is_one(&state->flow, flow))
        return false;
    *listener = value_in(&state->flow, flow, FLOW_LISTENER);
    return *listener && is_by_datagrams(state, flow);
}

/* Whether a packet leaves as a datagram of this listener too; -1 with an exception set. */
static int is_of_listener(const struct state *state, PyObject *packet, PyObject *listener)
{
    PyObject *other;

    if (!PyTuple_Check(packet) || PyTuple_GET_SIZE(packet) != 3 ||
        !is_datagrams(state, PyTuple_GET_ITEM(packet, 0), &other))
        return 0;
    return other == listener ? 1 : PyObject_RichCompareBool(other, listener, Py_EQ);
}

PyObject *common_listener(PyObject *module, PyObject *packets)
{
    const struct state *state = PyModule_GetState(module);
    PyObject *listener = NULL;
    int is_common = 1;

    if (!PyList_Check(packets)) {
        PyErr_SetString(PyExc_TypeError, "common_listener takes a list");
        return NULL;
    }
    for (Py_ssize_t at = 0; is_common == 1 && at < PyList_GET_SIZE(packets); at++) {
        PyObject *packet = PyList_GET_ITEM(packets, at);

        if (at == 0 && (!PyTuple_Check(packet) || PyTuple_GET_SIZE(packet) != 3 ||
                        !is_datagrams(state, PyTuple_GET_ITEM(packet, 0), &listener)))
            Py_RETURN_NONE;
        is_common = is_of_listener(state, packet, listener);
    }
    if (is_common < 0)
        return NULL;
    return Py_NewRef(is_common && listener ? listener : Py_None);
}

PyObject *said(PyObject *Py_UNUSED(module), PyObject *packets)
{
    PyObject *all = PyList_Check(packets) ? PyList_New(0) : NULL;

    if (all == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "said takes a list");
    for (Py_ssize_t at = 0; all && at < PyList_GET_SIZE(packets); at++) {
        PyObject *packet = PyList_GET_ITEM(packets, at), *both = NULL;

        if (PyTuple_Check(packet) && PyTuple_GET_SIZE(packet) == 3)
            both = PyTuple_Pack(2, PyTuple_GET_ITEM(packet, 1), PyTuple_GET_ITEM(packet, 0));
        else
            PyErr_SetString(PyExc_TypeError, "a packet is a flow, its payload and its transaction");
        if (both == NULL || PyList_Append(all, both) < 0)
            Py_CLEAR(all);
        Py_XDECREF(both);
    }
    return all;
}

/* -- answered transactions linger */

/* The bytes that a transaction keeps; -1 with an exception set. */
static Py_ssize_t measured(const struct shape *shape, PyObject *transaction)
{
    PyObject *payload = NULL, *key = NULL;

    if (is_one(shape, transaction)) {
        payload = value_in(shape, transaction, TRANSACTION_PAYLOAD);
        key = value_in(shape, transaction, TRANSACTION_KEY);
    }
    if (payload == NULL || key == NULL || !PyBytes_Check(payload) || !PyUnicode_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "a transaction has bytes and a text");
        return -1;
    }
    Py_ssize_t bytes = PyBytes_GET_SIZE(payload) + 3 * PyUnicode_GET_LENGTH(key);
    PyObject *number = PyLong_FromSsize_t(bytes);

    if (number == NULL)
        return -1;
    put_field(shape, transaction, TRANSACTION_LINGERS_WITH, number);
    Py_DECREF(number);
    return bytes;
}

PyObject *measure(PyObject *module, PyObject *transactions)
{
    const struct state *state = PyModule_GetState(module);
    Py_ssize_t all = 0;

    if (!PyList_Check(transactions)) {
        PyErr_SetString(PyExc_TypeError, "measure takes a list");
        return NULL;
    }
    for (Py_ssize_t at = 0; at < PyList_GET_SIZE(transactions); at++) {
        Py_ssize_t bytes = measured(&state->transaction, PyList_GET_ITEM(transactions, at));

        if (bytes < 0)
            return NULL;
        all += bytes;
    }
    return PyLong_FromSsize_t(all);
}
