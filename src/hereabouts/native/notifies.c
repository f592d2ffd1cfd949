/* The ordinary NOTIFY, as `presence/notify.py` writes it: to a watcher who is reached directly, by
   UDP or TCP, and whose subscription is not over. All others are left to Python. */
#include "messages.h"
#include "pieces.h"
#include <math.h>

/* What a NOTIFY is made of: fields of a delivery, its subscription, that one's dialog, and the flow;
   borrowed. */
enum { SUBSCRIPTION, FLOW, CSEQ, DIALOG, EVENT, CONTENT_TYPE, STANDING, EXPIRES_AT,
       LINES, REMOTE_TARGET, ROUTE_SET, TRANSPORT, LOCAL, PARTS };

struct parts {
    PyObject *all[PARTS];
};

/* Learns the classes, but that of flows, which `learn_transactions` learns. */
PyObject *learn_deliveries(PyObject *module, PyObject *arguments)
{
    static const char *const of_delivery[] = {"subscription", "flow", "cseq", NULL};
    static const char *const of_subscription[] = {"dialog", "event", "content_type", "standing",
                                                  "expires_at", NULL};
    static const char *const of_dialog[] = {"lines", "remote_target", "route_set", NULL};
    struct state *state = PyModule_GetState(module);
    PyObject *delivery, *subscription, *dialog;

    if (!PyArg_ParseTuple(arguments, "OOO:learn_deliveries", &delivery, &subscription, &dialog))
        return NULL;
    if (learn_shape(&state->delivery, delivery, of_delivery) < 0 ||
        learn_shape(&state->subscription, subscription, of_subscription) < 0 ||
        learn_shape(&state->dialog, dialog, of_dialog) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Reads all fields that are learnt of one object to the parts from `first` on; false: it is of
   another class, or lacks one. */
static bool read_fields(const struct shape *shape, struct parts *parts, PyObject *owner, int first)
{
    if (!is_one(shape, owner))
        return false;
    for (int at = 0; at < shape->count; at++) {
        parts->all[first + at] = *place_in(shape, owner, at);
        if (parts->all[first + at] == NULL)
            return false;
    }
    return true;
}

static bool read_parts(const struct state *state, struct parts *parts, PyObject *delivery)
{
    return read_fields(&state->delivery, parts, delivery, SUBSCRIPTION) &&
           read_fields(&state->subscription, parts, parts->all[SUBSCRIPTION], DIALOG) &&
           read_fields(&state->dialog, parts, parts->all[DIALOG], LINES) &&
           read_fields(&state->flow, parts, parts->all[FLOW], TRANSPORT);
}

/* The end of our Contact on this transport; NULL: Python knows it. */
static const char *contact_end(PyObject *transport)
{
    if (!PyUnicode_Check(transport))
        return NULL;
    if (PyUnicode_CompareWithASCIIString(transport, "UDP") == 0)
        return ">\r\nEvent: ";
    if (PyUnicode_CompareWithASCIIString(transport, "TCP") == 0)
        return ";transport=tcp>\r\nEvent: ";
    return NULL;
}

/* Whether a request goes straight to an address that asks for no secrecy. */
static bool is_direct(const struct parts *parts)
{
    PyObject *target = parts->all[REMOTE_TARGET], *routes = parts->all[ROUTE_SET];

    return PyTuple_Check(routes) && PyTuple_GET_SIZE(routes) == 0 && is_ascii(target) &&
           PyUnicode_GET_LENGTH(target) > 4 &&
           memcmp(PyUnicode_1BYTE_DATA(target), "sip:", 4) == 0;
}

/* Seconds left, as Subscription-State says them; -1: Python knows. */
static long seconds_left(PyObject *expires_at, double now)
{
    double left = PyFloat_Check(expires_at) ? PyFloat_AS_DOUBLE(expires_at) - now + 0.001 : NAN;

    if (!(left < 1e9))
        return -1;
    return left > 0 ? (long)left : 0;
}

/* The numbers in a NOTIFY, and room for their digits. */
struct numbers {
    unsigned long cseq, left, length;
    char cseq_digits[DIGITS], left_digits[DIGITS], length_digits[DIGITS];
};

static bool add_head(struct pieces *pieces, const struct parts *parts, PyObject *branch,
                     struct numbers *numbers)
{
    return add_text(pieces, "NOTIFY ") && add_given(pieces, parts->all[REMOTE_TARGET]) &&
           add_text(pieces, " SIP/2.0\r\nVia: SIP/2.0/") &&
           add_given(pieces, parts->all[TRANSPORT]) && add_text(pieces, " ") &&
           add_given(pieces, parts->all[LOCAL]) && add_text(pieces, ";branch=") &&
           add_given(pieces, branch) && add_text(pieces, ";rport\r\nMax-Forwards: 70\r\n") &&
           add_given(pieces, parts->all[LINES]) && add_text(pieces, "CSeq: ") &&
           add_number(pieces, numbers->cseq_digits, numbers->cseq) &&
           add_text(pieces, " NOTIFY\r\nContact: <sip:") &&
           add_given(pieces, parts->all[LOCAL]);
}

static bool add_state(struct pieces *pieces, const struct parts *parts, PyObject *substate,
                      struct numbers *numbers)
{
    return add_given(pieces, parts->all[EVENT]) && add_text(pieces, "\r\nSubscription-State: ") &&
           add_given(pieces, substate) && add_text(pieces, ";expires=") &&
           add_number(pieces, numbers->left_digits, numbers->left) &&
           add_text(pieces, "\r\nContent-Type: ") &&
           add_given(pieces, parts->all[CONTENT_TYPE]) && add_text(pieces, "\r\nContent-Length: ") &&
           add_number(pieces, numbers->length_digits, numbers->length) &&
           add_text(pieces, "\r\n\r\n");
}

/* The packet; None: Python writes it. */
static PyObject *written(const struct parts *parts, PyObject *body, double now, PyObject *branch,
                         PyObject *substates)
{
    PyObject *substate = PyDict_GetItemWithError(substates, parts->all[STANDING]);
    const char *end = contact_end(parts->all[TRANSPORT]);
    long left = seconds_left(parts->all[EXPIRES_AT], now);
    int is_beyond = 0;
    long cseq = PyLong_AsLongAndOverflow(parts->all[CSEQ], &is_beyond);
    struct numbers numbers;
    struct pieces pieces;

    if (PyErr_Occurred())
        return NULL;
    if (substate == NULL || end == NULL || left < 0 || cseq < 0 || is_beyond || !is_direct(parts))
        Py_RETURN_NONE;
    numbers.cseq = (unsigned long)cseq;
    numbers.left = (unsigned long)left;
    numbers.length = (unsigned long)PyBytes_GET_SIZE(body);
    clear_pieces(&pieces);
    if (!add_head(&pieces, parts, branch, &numbers) || !add_text(&pieces, end) ||
        !add_state(&pieces, parts, substate, &numbers) ||
        !add(&pieces, (struct span){PyBytes_AS_STRING(body), (size_t)PyBytes_GET_SIZE(body)}))
        Py_RETURN_NONE;
    return bytes_of(&pieces);
}

PyObject *notify(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);
    struct parts parts;

    if (count != 5 || !PyBytes_Check(given[1]) || !PyFloat_Check(given[2]) ||
        !PyDict_Check(given[4])) {
        PyErr_SetString(PyExc_TypeError, "notify takes delivery, bytes, float, text and dict");
        return NULL;
    }
    if (!read_parts(state, &parts, given[0]))
        Py_RETURN_NONE;
    return written(&parts, given[1], PyFloat_AS_DOUBLE(given[2]), given[3], given[4]);
}
