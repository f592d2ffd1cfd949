/* The ordinary NOTIFY, as `presence/notify.py` writes it: to a watcher who is reached directly, by
   UDP or TCP, and whose subscription is not over. All others are left to Python. */
#include "messages.h"
#include "pieces.h"
#include <limits.h>
#include <math.h>

/* What a NOTIFY is made of: fields of a delivery, its subscription, that one's dialog, and the flow;
   borrowed. */
enum { SUBSCRIPTION, FLOW, CSEQ, DIALOG, EVENT, CONTENT_TYPE, STANDING, EXPIRES_AT,
       LINES, REMOTE_TARGET, ROUTE_SET, TRANSPORT, LOCAL, PARTS };

/* How many of each are read, from the first on; others follow in the shapes. */
enum { OF_DELIVERY = 3, OF_SUBSCRIPTION = 5, OF_DIALOG = 3, OF_FLOW = 2 };

/* The fields behind these. */
enum { DELIVERY_ID = OF_DELIVERY, DELIVERY_IN_FLIGHT, DELIVERY_IS_PARKED, DELIVERY_IS_DIRTY,
       DELIVERY_IS_DUE, DELIVERY_SHOWN, DELIVERY_NOTIFIED_AT, DELIVERY_PARKED_UNTIL, DELIVERY_OWES };
enum { VIEW_BODY, VIEW_FINGERPRINT };
enum { SUBSCRIPTION_STANDING = STANDING - DIALOG, SUBSCRIPTION_TERMS = OF_SUBSCRIPTION };

struct parts {
    PyObject *all[PARTS];
};

/* Learns the classes, but for those of flows and dialogs, which others here learn. */
PyObject *learn_deliveries(PyObject *module, PyObject *arguments)
{
    static const char *const of_delivery[] = {
        "subscription", "flow", "cseq", "id", "in_flight", "is_parked", "is_dirty", "is_due",
        "shown", "notified_at", "parked_until", "owes", NULL,
    };
    static const char *const of_view[] = {"body", "fingerprint", NULL};
    static const char *const of_subscription[] = {"dialog", "event", "content_type", "standing",
                                                  "expires_at", "terms", NULL};
    struct state *state = PyModule_GetState(module);
    PyObject *delivery, *subscription, *view;

    if (!PyArg_ParseTuple(arguments, "OOO:learn_deliveries", &delivery, &subscription, &view))
        return NULL;
    if (learn_shape(&state->delivery, delivery, of_delivery) < 0 ||
        learn_shape(&state->view, view, of_view) < 0 ||
        learn_shape(&state->subscription, subscription, of_subscription) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Reads the first fields that are learnt of one object to the parts from `first` on; false: it is of
   another class, or lacks one. */
static bool read_fields(const struct shape *shape, struct parts *parts, PyObject *owner, int first,
                        int count)
{
    if (!is_one(shape, owner))
        return false;
    for (int at = 0; at < count; at++) {
        parts->all[first + at] = *place_in(shape, owner, at);
        if (parts->all[first + at] == NULL)
            return false;
    }
    return true;
}

static bool read_parts(const struct state *state, struct parts *parts, PyObject *delivery)
{
    return read_fields(&state->delivery, parts, delivery, SUBSCRIPTION, OF_DELIVERY) &&
           read_fields(&state->subscription, parts, parts->all[SUBSCRIPTION], DIALOG,
                       OF_SUBSCRIPTION) &&
           read_fields(&state->dialog, parts, parts->all[DIALOG], LINES, OF_DIALOG) &&
           read_fields(&state->flow, parts, parts->all[FLOW], TRANSPORT, OF_FLOW);
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

/* What is found out of the parts before anything is written. */
struct found {
    PyObject *substate;
    const char *end; /* of our Contact */
    long left;       /* seconds */
};

/* Whether C writes this NOTIFY; READ: it does, UNUSUAL: Python does. */
static enum outcome find_out(const struct parts *parts, double now, PyObject *substates,
                             struct found *found)
{
    found->substate = PyDict_GetItemWithError(substates, parts->all[STANDING]);
    if (found->substate == NULL)
        return PyErr_Occurred() ? FAILED : UNUSUAL;
    found->end = contact_end(parts->all[TRANSPORT]);
    found->left = seconds_left(parts->all[EXPIRES_AT], now);
    return found->end && found->left >= 0 && is_direct(parts) ? READ : UNUSUAL;
}

/* The packet, of so high a CSeq; None: Python writes it. */
static PyObject *written(const struct parts *parts, const struct found *found, long cseq,
                         PyObject *body, PyObject *branch)
{
    struct numbers numbers;
    struct pieces pieces;

    numbers.cseq = (unsigned long)cseq;
    numbers.left = (unsigned long)found->left;
    numbers.length = (unsigned long)PyBytes_GET_SIZE(body);
    clear_pieces(&pieces);
    if (!add_head(&pieces, parts, branch, &numbers) || !add_text(&pieces, found->end) ||
        !add_state(&pieces, parts, found->substate, &numbers) ||
        !add(&pieces, (struct span){PyBytes_AS_STRING(body), (size_t)PyBytes_GET_SIZE(body)}))
        Py_RETURN_NONE;
    return bytes_of(&pieces);
}

/* The number of the NOTIFY sent last; -1: Python knows it, or an exception is set. */
static long cseq_of(const struct parts *parts)
{
    int is_beyond = 0;
    long cseq = PyLong_AsLongAndOverflow(parts->all[CSEQ], &is_beyond);

    return is_beyond ? -1 : cseq;
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
    struct found found;
    enum outcome outcome = find_out(&parts, PyFloat_AS_DOUBLE(given[2]), given[4], &found);
    long cseq = outcome == READ ? cseq_of(&parts) : -1;

    if (PyErr_Occurred())
        return NULL;
    if (cseq < 0)
        Py_RETURN_NONE;
    return written(&parts, &found, cseq, given[1], given[3]);
}

/* -- many of them */

/* What is told, and whom it may be told. */
struct news {
    PyObject *now, *branches, *substates;
    PyObject *known; /* None: whoever it is; else those who are served, and know it not yet */
    PyObject *written;
    PyObject *body, *shown; /* of the one who is looked at */
};

/* Who is told next, borrowed; what he is told is put into the news. NULL: Python knows. */
static PyObject *told_next(const struct state *state, struct news *news, PyObject *pair)
{
    PyObject *view = PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2 ? PyTuple_GET_ITEM(pair, 1)
                                                                        : NULL;
    if (view == NULL || !is_one(&state->view, view))
        return NULL;
    news->body = value_in(&state->view, view, VIEW_BODY);
    news->shown = value_in(&state->view, view, VIEW_FINGERPRINT);
    if (news->body == NULL || !PyBytes_Check(news->body) || news->shown == NULL)
        return NULL;
    return PyTuple_GET_ITEM(pair, 0);
}

static bool is_false(const struct shape *shape, PyObject *owner, int at)
{
    return value_in(shape, owner, at) == Py_False;
}

/* Whether it is news to one who is served without rules; false with an exception set, perhaps. */
static bool is_news(const struct state *state, const struct news *news, PyObject *delivery)
{
    const struct shape *shape = &state->delivery;
    PyObject *id = value_in(shape, delivery, DELIVERY_ID);
    PyObject *subscription = value_in(shape, delivery, SUBSCRIPTION);

    if (news->known == Py_None)
        return true;
    if (id == NULL || PyDict_GetItemWithError(news->known, id) != delivery ||
        value_in(&state->subscription, subscription, SUBSCRIPTION_TERMS) != Py_None)
        return false;
    PyObject *shown = value_in(shape, delivery, DELIVERY_SHOWN);

    return shown && PyObject_RichCompareBool(shown, news->shown, Py_NE) == 1;
}

/* Keeps a NOTIFY that is written, and what its delivery has come to by that; -1 with an exception
   set. */
static int keep_written(const struct state *state, const struct news *news, PyObject *delivery,
                        PyObject *branch, PyObject *payload, long cseq)
{
    const struct shape *shape = &state->delivery;
    PyObject *number = PyLong_FromLong(cseq);
    PyObject *each = PyTuple_Pack(4, branch, value_in(shape, delivery, FLOW), payload, delivery);
    bool is_kept = number && each && PyList_Append(news->written, each) == 0;

    if (is_kept) {
        put_field(shape, delivery, CSEQ, number);
        put_field(shape, delivery, DELIVERY_IN_FLIGHT, Py_True);
        put_field(shape, delivery, DELIVERY_IS_DIRTY, Py_False);
        put_field(shape, delivery, DELIVERY_IS_DUE, Py_False);
        put_field(shape, delivery, DELIVERY_SHOWN, news->shown);
        put_field(shape, delivery, DELIVERY_NOTIFIED_AT, news->now);
    }
    Py_XDECREF(number);
    Py_XDECREF(each);
    return is_kept ? 0 : -1;
}

/* Whether a NOTIFY was written; READ: it was, UNUSUAL: Python looks at it. */
static enum outcome write_one(const struct state *state, struct news *news, PyObject *pair)
{
    const struct shape *shape = &state->delivery;
    PyObject *delivery = told_next(state, news, pair);
    struct parts parts;

    if (delivery == NULL || !read_parts(state, &parts, delivery) ||
        !is_false(shape, delivery, DELIVERY_IN_FLIGHT) ||
        !is_false(shape, delivery, DELIVERY_IS_PARKED) || !is_news(state, news, delivery))
        return PyErr_Occurred() ? FAILED : UNUSUAL;
    struct found found;
    enum outcome outcome = find_out(&parts, PyFloat_AS_DOUBLE(news->now), news->substates, &found);
    long cseq = outcome == READ ? cseq_of(&parts) : -1;

    if (cseq < 0 || cseq == LONG_MAX)
        return PyErr_Occurred() ? FAILED : UNUSUAL;
    PyObject *branch = PyIter_Next(news->branches);
    PyObject *payload = branch ? written(&parts, &found, cseq + 1, news->body, branch) : NULL;

    if (branch == NULL && !PyErr_Occurred())
        PyErr_SetNone(PyExc_StopIteration);
    outcome = payload ? UNUSUAL : FAILED;
    if (payload && payload != Py_None)
        outcome = keep_written(state, news, delivery, branch, payload, cseq + 1) < 0 ? FAILED : READ;
    Py_XDECREF(branch);
    Py_XDECREF(payload);
    return outcome;
}

PyObject *notify_usual(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 6 || !PyIter_Check(given[0]) || !PyFloat_Check(given[1]) ||
        !PyIter_Check(given[2]) || !PyDict_Check(given[3]) ||
        !(given[4] == Py_None || PyDict_Check(given[4])) ||
        !PyList_Check(given[5])) {
        PyErr_SetString(PyExc_TypeError,
                        "notify_usual takes iterator, float, iterator, dict, dict or None, and "
                        "list");
        return NULL;
    }
    struct news news = {.now = given[1], .branches = given[2], .substates = given[3],
                        .known = given[4], .written = given[5]};
    enum outcome outcome = READ;
    PyObject *pair = NULL;

    while (outcome == READ && (pair = PyIter_Next(given[0])) != NULL) {
        outcome = write_one(state, &news, pair);
        if (outcome != UNUSUAL)
            Py_DECREF(pair);
    }
    if (outcome == UNUSUAL)
        return pair;
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

/* -- those that were taken */

/* Whether a delivery has just come to its end without anything to follow. */
static bool is_done(const struct state *state, PyObject *delivery, PyObject *const *given)
{
    const struct shape *shape = &state->delivery;
    PyObject *deliveries = given[2], *substates = given[3], *nowhen = given[4];

    if (!is_one(shape, delivery))
        return false;
    PyObject *id = value_in(shape, delivery, DELIVERY_ID);
    PyObject *subscription = value_in(shape, delivery, SUBSCRIPTION);

    if (id == NULL || !is_one(&state->subscription, subscription) ||
        PyDict_GetItemWithError(deliveries, id) != delivery)
        return false;
    PyObject *standing = value_in(&state->subscription, subscription, SUBSCRIPTION_STANDING);

    return value_in(shape, delivery, DELIVERY_PARKED_UNTIL) == nowhen &&
           is_false(shape, delivery, DELIVERY_IS_DIRTY) && standing &&
           PyDict_Contains(substates, standing) == 1;
}

/* Counts one answer more to the NOTIFYs that are owed for a change; -1 with an exception set. */
static int count_settled(PyObject *settled, PyObject *version)
{
    PyObject *counted = PyDict_GetItemWithError(settled, version);

    if (counted == NULL && PyErr_Occurred())
        return -1;
    PyObject *more = PyLong_FromLong(counted ? PyLong_AsLong(counted) + 1 : 1);
    int failed = more ? PyDict_SetItem(settled, version, more) : -1;

    Py_XDECREF(more);
    return failed;
}

/* Ends what an answer ends; -1 with an exception set, and nothing was done. */
static int end_delivery(const struct state *state, PyObject *delivery, PyObject *settled)
{
    const struct shape *shape = &state->delivery;
    PyObject *owes = value_in(shape, delivery, DELIVERY_OWES);
    int is_owing = owes ? PyObject_IsTrue(owes) : 0;

    if (is_owing < 0 || (is_owing && count_settled(settled, owes) < 0))
        return -1;
    put_field(shape, delivery, DELIVERY_IN_FLIGHT, Py_False);
    if (is_owing)
        put_field(shape, delivery, DELIVERY_OWES, state->zero);
    return 0;
}

/* Whether all is done that an answer asks for; what fails is left to Python. */
static bool is_settled(const struct state *state, PyObject *user, PyObject *const *given,
                       PyObject *versions)
{
    if (!PyTuple_Check(user) || PyTuple_GET_SIZE(user) != 2 ||
        PyTuple_GET_ITEM(user, 0) != given[1])
        return false;
    PyObject *delivery = PyTuple_GET_ITEM(user, 1);
    bool is_ours = is_done(state, delivery, given) && end_delivery(state, delivery, versions) == 0;

    PyErr_Clear();
    return is_ours;
}

PyObject *settled(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 5 || !PyList_Check(given[0]) || !PyDict_Check(given[2]) ||
        !PyDict_Check(given[3])) {
        PyErr_SetString(PyExc_TypeError, "settled takes list, callable, two dicts and a date");
        return NULL;
    }
    /* There is room for all before any is settled: none can be lost. */
    PyObject *rest = PyList_GetSlice(given[0], 0, PyList_GET_SIZE(given[0]));
    PyObject *versions = rest ? PyDict_New() : NULL, *tuple = NULL;
    Py_ssize_t left = 0;

    if (versions != NULL)
        tuple = PyTuple_Pack(2, rest, versions);
    for (Py_ssize_t at = 0; tuple && at < PyList_GET_SIZE(rest); at++) {
        PyObject *user = PyList_GET_ITEM(rest, at);

        if (is_settled(state, user, given, versions))
            continue;
        PyList_SET_ITEM(rest, at, PyList_GET_ITEM(rest, left)); /* they change places */
        PyList_SET_ITEM(rest, left++, user);
    }
    if (tuple && PyList_SetSlice(rest, left, PyList_GET_SIZE(rest), NULL) < 0)
        Py_CLEAR(tuple);
    Py_XDECREF(rest);
    Py_XDECREF(versions);
    return tuple;
}
