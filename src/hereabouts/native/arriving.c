/* The ordinary new request as it comes in, and its first answer: what `sip/incoming.py` and
   `sip/endpoint.py` make of them. Where anything is unusual nothing is done, and Python does all. */
#include "messages.h"
#include "pieces.h"

static const char *const methods[METHODS] = {"copy", "update", "hexdigest"};

int keep_arrival_names(struct state *state)
{
    for (int at = 0; at < METHODS; at++) {
        state->methods[at] = PyUnicode_InternFromString(methods[at]);
        if (state->methods[at] == NULL)
            return -1;
    }
    state->maddr = PyUnicode_InternFromString("maddr");
    state->record_route = PyUnicode_InternFromString("record-route");
    state->via = PyUnicode_InternFromString("via");
    return state->maddr && state->record_route && state->via ? 0 : -1;
}

/* Learns what is made of a request that comes in. */
PyObject *learn_incoming(PyObject *module, PyObject *arguments)
{
    static const char *const of_incoming[] = {"request", "via", "transaction", "to_tag", NULL};
    struct state *state = PyModule_GetState(module);
    PyObject *incoming, *hop;

    if (!PyArg_ParseTuple(arguments, "OO:learn_incoming", &incoming, &hop))
        return NULL;
    if (learn_shape(&state->incoming, incoming, of_incoming) < 0)
        return NULL;
    Py_XSETREF(state->hop, Py_NewRef(hop));
    Py_RETURN_NONE;
}

/* What a request is named by, and its transaction; NULL, perhaps without an exception: Python
   knows it. */
static PyObject *text_to_seal(const struct state *state, PyObject *request, PyObject *key)
{
    PyObject *headers = value_of(state, request, FIELD_HEADERS);
    PyObject *named[] = {
        key,
        value_of(state, request, FIELD_URI),
        PyDict_GetItemWithError(headers, state->copied[0]), /* From */
        PyDict_GetItemWithError(headers, state->copied[2]), /* Call-ID */
        PyDict_GetItemWithError(headers, state->copied[3]), /* CSeq */
    };
    struct pieces pieces;

    clear_pieces(&pieces);
    for (size_t at = 0; at < sizeof named / sizeof *named; at++) {
        PyObject *text = named[at];

        if (at >= 2)
            text = text && PyList_GET_SIZE(text) == 1 ? PyList_GET_ITEM(text, 0) : NULL;
        if (text == NULL || (at > 0 && !add(&pieces, (struct span){"", 1})) ||
            !add_given(&pieces, text))
            return NULL;
    }
    return bytes_of(&pieces);
}

/* As `Endpoint.seal`. */
static PyObject *sealed(const struct state *state, PyObject *keyed, PyObject *bytes)
{
    PyObject *hash = PyObject_CallMethodNoArgs(keyed, state->methods[COPY]), *digest = NULL;
    PyObject *done = hash ? PyObject_CallMethodOneArg(hash, state->methods[UPDATE], bytes) : NULL;

    if (done != NULL)
        digest = PyObject_CallMethodNoArgs(hash, state->methods[HEXDIGEST]);
    Py_XDECREF(done);
    Py_XDECREF(hash);
    return digest;
}

/* The Via rows with the topmost as it was stamped. */
static PyObject *rows_with(PyObject *rows, PyObject *first)
{
    if (first == PyList_GET_ITEM(rows, 0))
        return Py_NewRef(rows);
    PyObject *changed = PyList_GetSlice(rows, 0, PyList_GET_SIZE(rows));

    if (changed != NULL && PyList_SetItem(changed, 0, Py_NewRef(first)) < 0)
        Py_CLEAR(changed);
    return changed;
}

/* What `Incoming` is made of. */
enum part { REQUEST, SENDER, HOP, ROWS, TRANSACTION, TAG_OF_TO, PARTS };

/* Makes what an incoming request has besides itself, new references; false: one is NULL, and an
   exception is set. */
static bool make_parts(const struct state *state, PyObject *stamped, PyObject *rows,
                       PyObject *parts[PARTS])
{
    PyObject *read = PyTuple_GET_ITEM(stamped, 0);
    PyObject *of_transaction[] = {state->server, value_of(state, parts[REQUEST], FIELD_METHOD),
                                  PyTuple_GET_ITEM(stamped, 2), parts[SENDER], state->trying};

    parts[HOP] = PyObject_Vectorcall(state->hop, ((PyTupleObject *)read)->ob_item,
                                     (size_t)PyTuple_GET_SIZE(read), NULL);
    if (parts[HOP] != NULL)
        parts[ROWS] = rows_with(rows, PyTuple_GET_ITEM(stamped, 1));
    if (parts[ROWS] != NULL)
        parts[TRANSACTION] =
            PyObject_Vectorcall(state->transaction.class, of_transaction, 5, NULL);
    return parts[TRANSACTION] != NULL;
}

static PyObject *incoming_of(const struct state *state, PyObject *request, PyObject *flow,
                             PyObject *stamped, PyObject *rows, PyObject *tag)
{
    PyObject *parts[PARTS] = {[REQUEST] = request, [SENDER] = flow, [TAG_OF_TO] = tag};
    PyObject *incoming = NULL;

    if (make_parts(state, stamped, rows, parts))
        incoming = PyObject_Vectorcall(state->incoming.class, parts, PARTS, NULL);
    Py_XDECREF(parts[HOP]);
    Py_XDECREF(parts[ROWS]);
    Py_XDECREF(parts[TRANSACTION]);
    return incoming;
}

/* Whether the answer to a request goes back by the flow that it came by. */
static bool goes_straight_back(const struct state *state, PyObject *flow, PyObject *parameters)
{
    if (!is_by_datagrams(state, flow))
        return true;
    return PyDict_Contains(parameters, state->usual[RPORT]) == 1 &&
           PyDict_Contains(parameters, state->maddr) == 0;
}

/* Whether a request that is stamped is new and ordinary. */
static bool is_new(const struct state *state, PyObject *flow, PyObject *stamped, PyObject *servers)
{
    PyObject *key = PyTuple_GET_ITEM(stamped, 2);

    return key != Py_None && PyDict_Contains(servers, key) == 0 &&
           goes_straight_back(state, flow, PyTuple_GET_ITEM(PyTuple_GET_ITEM(stamped, 0), 3));
}

/* The same, once its topmost Via was stamped; None: Python decides. */
static PyObject *taken_in(const struct state *state, PyObject *request, PyObject *flow,
                          PyObject *stamped, PyObject *rows, PyObject *keyed)
{
    PyObject *bytes = text_to_seal(state, request, PyTuple_GET_ITEM(stamped, 2));

    if (bytes == NULL)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    PyObject *tag = sealed(state, keyed, bytes);
    PyObject *incoming = tag ? incoming_of(state, request, flow, stamped, rows, tag) : NULL;

    Py_DECREF(bytes);
    Py_XDECREF(tag);
    return incoming;
}

/* Whether this is an ordinary request, whole. */
static bool is_ordinary(const struct state *state, PyObject *request)
{
    return state->ordinary && request && Py_IS_TYPE(request, (PyTypeObject *)state->ordinary) &&
           value_of(state, request, FIELD_HEADERS) != NULL;
}

static PyObject *received(PyObject *module, const struct state *state, PyObject *request,
                          PyObject *const *given)
{
    PyObject *flow = given[1], *method = value_of(state, request, FIELD_METHOD);
    PyObject *rows = PyDict_GetItemWithError(value_of(state, request, FIELD_HEADERS),
                                             state->via);

    if (rows == NULL || is_same(span_of(method), (struct span){"INVITE", 6}))
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    PyObject *of_stamp[] = {method, PyList_GET_ITEM(rows, 0), value_in(&state->flow, flow, FLOW_HOST),
                            value_in(&state->flow, flow, FLOW_PORT)};
    PyObject *stamped = stamp(module, of_stamp, 4), *incoming = stamped;

    if (stamped == NULL || stamped == Py_None)
        return stamped;
    if (is_new(state, flow, stamped, given[2]))
        incoming = taken_in(state, request, flow, stamped, rows, given[3]);
    else
        incoming = PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    Py_DECREF(stamped);
    return incoming;
}

PyObject *arrive(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 4 || !PyBytes_Check(given[0]) || !PyDict_Check(given[2])) {
        PyErr_SetString(PyExc_TypeError, "arrive takes bytes, a flow, a dict and a keyed hash");
        return NULL;
    }
    if (state->hop == NULL || state->server == NULL || state->ordinary == NULL ||
        !is_one(&state->flow, given[1]))
        Py_RETURN_NONE;
    PyObject *request = scan(module, given[0]);

    if (request == NULL || request == Py_None)
        return request;
    PyObject *incoming = is_ordinary(state, request) ? received(module, state, request, given)
                                                     : Py_NewRef(Py_None);

    Py_DECREF(request);
    return incoming;
}

/* -- the answer */

/* Whether a transaction is a server's by datagrams that nothing was answered to. */
static bool is_unanswered(const struct state *state, PyObject *transaction)
{
    const struct shape *shape = &state->transaction;

    if (!is_one(shape, transaction) ||
        value_in(shape, transaction, TRANSACTION_KIND) != state->server ||
        value_in(shape, transaction, TRANSACTION_STATE) != state->trying)
        return false;
    PyObject *flow = value_in(shape, transaction, TRANSACTION_FLOW);

    return is_one(&state->flow, flow) && is_by_datagrams(state, flow) &&
           value_in(shape, transaction, TRANSACTION_PENDING) == state->zero;
}

/* Whether the answer was put into the outbox, and is remembered; -1: an exception is set. */
static int answered_with(const struct state *state, PyObject *transaction, PyObject *payload,
                         PyObject *outbox)
{
    const struct shape *shape = &state->transaction;
    PyObject *packet = PyTuple_Pack(3, value_in(shape, transaction, TRANSACTION_FLOW), payload,
                                    transaction);

    if (packet == NULL || PyList_Append(outbox, packet) < 0) {
        Py_XDECREF(packet);
        return -1;
    }
    Py_DECREF(packet);
    put_field(shape, transaction, TRANSACTION_PAYLOAD, payload);
    put_field(shape, transaction, TRANSACTION_STATE, state->completed);
    put_field(shape, transaction, TRANSACTION_PENDING, state->one);
    return 1;
}

PyObject *respond(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);
    const struct shape *shape = &state->incoming;

    if (count != 5 || !PyList_Check(given[4])) {
        PyErr_SetString(PyExc_TypeError, "respond takes 5 arguments, the last of them a list");
        return NULL;
    }
    if (!is_one(shape, given[0]))
        Py_RETURN_FALSE;
    PyObject *request = value_in(shape, given[0], INCOMING_REQUEST);
    PyObject *transaction = value_in(shape, given[0], INCOMING_TRANSACTION);
    PyObject *hops = value_in(shape, given[0], INCOMING_VIA);
    PyObject *tag = value_in(shape, given[0], INCOMING_TO_TAG);

    if (!is_ordinary(state, request) || hops == NULL || tag == NULL ||
        !is_unanswered(state, transaction))
        Py_RETURN_FALSE;
    PyObject *parts[] = {given[1], hops, value_of(state, request, FIELD_HEADERS), tag,
                         given[2], given[3]};
    PyObject *payload = answer_of(state, parts);

    if (payload == NULL)
        return NULL;
    int is_done =
        payload == Py_None ? 0 : answered_with(state, transaction, payload, given[4]);

    Py_DECREF(payload);
    return is_done < 0 ? NULL : PyBool_FromLong(is_done);
}
