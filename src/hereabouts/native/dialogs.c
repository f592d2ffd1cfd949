/* The dialog that an ordinary request makes, and the way back in it: what `sip/dialog.py` and
   `sip/routing.py` find. Where anything is unusual they look for themselves. */
#include "messages.h"
#include "pieces.h"

/* The fields of a URI that are looked at. */
enum { URI_SCHEME, URI_HOST, URI_PORT, URI_PARAMETERS, URI_HEADERS };

/* Those of a dialog: `notifies.c` reads them in the same order. */
enum { DIALOG_LINES, DIALOG_REMOTE_TARGET, DIALOG_ROUTE_SET };

PyObject *learn_dialogs(PyObject *module, PyObject *arguments)
{
    static const char *const of_dialog[] = {"lines", "remote_target", "route_set", NULL};
    static const char *const of_uri[] = {"scheme", "host", "port", "parameters", "headers", NULL};
    struct state *state = PyModule_GetState(module);
    PyObject *dialog, *uri;

    if (!PyArg_ParseTuple(arguments, "OO:learn_dialogs", &dialog, &uri))
        return NULL;
    if (learn_shape(&state->dialog, dialog, of_dialog) < 0 ||
        learn_shape(&state->target, uri, of_uri) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* The contact of an ordinary request, text and URI, borrowed; NULL: Python knows it. */
static PyObject *contact_of(const struct state *state, PyObject *request)
{
    if (state->ordinary == NULL || !Py_IS_TYPE(request, (PyTypeObject *)state->ordinary))
        return NULL;
    PyObject *contact = value_of(state, request, FIELD_CONTACT);

    if (contact == NULL || !PyTuple_Check(contact) || PyTuple_GET_SIZE(contact) != 2 ||
        !PyUnicode_Check(PyTuple_GET_ITEM(contact, 0)) ||
        !is_one(&state->target, PyTuple_GET_ITEM(contact, 1)))
        return NULL;
    return contact;
}

static bool is_text(PyObject *given, const char *text)
{
    return given && is_ascii(given) && is_same(span_of(given), (struct span){text, strlen(text)});
}

/* Whether requests can be sent to a URI as it stands. */
static bool is_target(const struct state *state, PyObject *uri)
{
    PyObject *scheme = value_in(&state->target, uri, URI_SCHEME);

    return (is_text(scheme, "sip") || is_text(scheme, "sips")) &&
           is_text(value_in(&state->target, uri, URI_HEADERS), "");
}

/* The first value of a header that is there, borrowed; NULL: it is not. */
static PyObject *first_of(PyObject *headers, PyObject *name)
{
    PyObject *rows = PyDict_GetItemWithError(headers, name);

    return rows && PyList_Check(rows) && PyList_GET_SIZE(rows) ? PyList_GET_ITEM(rows, 0) : NULL;
}

/* The rows that our requests have in it; NULL, perhaps without an exception: Python writes them. */
static PyObject *lines_of(const struct state *state, PyObject *request, PyObject *tag)
{
    PyObject *headers = value_of(state, request, FIELD_HEADERS);
    PyObject *call_id = value_of(state, request, FIELD_CALL_ID);
    PyObject *from = headers ? first_of(headers, state->copied[0]) : NULL;
    PyObject *to = headers ? first_of(headers, state->copied[1]) : NULL;
    struct pieces pieces;

    clear_pieces(&pieces);
    if (from == NULL || to == NULL || call_id == NULL || !add_text(&pieces, "To: ") ||
        !add_given(&pieces, from) || !add_text(&pieces, "\r\nFrom: ") || !add_given(&pieces, to) ||
        !add_text(&pieces, ";tag=") || !add_given(&pieces, tag) ||
        !add_text(&pieces, "\r\nCall-ID: ") || !add_given(&pieces, call_id) ||
        !add_text(&pieces, "\r\n"))
        return NULL;
    return joined_text(&pieces);
}

PyObject *accepted(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 2 || !PyUnicode_Check(given[1])) {
        PyErr_SetString(PyExc_TypeError, "accepted takes a request and a tag");
        return NULL;
    }
    PyObject *contact = contact_of(state, given[0]), *lines = NULL, *dialog = NULL;
    PyObject *cseq = contact ? value_of(state, given[0], FIELD_CSEQ) : NULL;
    PyObject *headers = contact ? value_of(state, given[0], FIELD_HEADERS) : NULL;

    if (cseq && PyTuple_Check(cseq) && PyTuple_GET_SIZE(cseq) == 2 &&
        PyLong_Check(PyTuple_GET_ITEM(cseq, 0)) && headers && PyDict_Check(headers) &&
        state->dialog.class && is_target(state, PyTuple_GET_ITEM(contact, 1)) &&
        PyDict_GetItemWithError(headers, state->record_route) == NULL && !PyErr_Occurred())
        lines = lines_of(state, given[0], given[1]);
    if (lines != NULL)
        dialog = PyObject_Vectorcall(state->dialog.class,
                                     (PyObject *[]){lines, PyTuple_GET_ITEM(contact, 0),
                                                    PyTuple_GET_ITEM(cseq, 0)},
                                     3, NULL);
    Py_XDECREF(lines);
    if (dialog == NULL && !PyErr_Occurred())
        Py_RETURN_NONE;
    return dialog;
}

/* Whether two values are there, and equal; an exception is none's business. */
static bool are_equal(PyObject *one, PyObject *other)
{
    bool is_so = one && other && PyObject_RichCompareBool(one, other, Py_EQ) == 1;

    PyErr_Clear();
    return is_so;
}

/* Whether a URI without any parameter is where a flow leads by UDP. */
static bool is_at(const struct state *state, PyObject *uri, PyObject *flow)
{
    PyObject *parameters = value_in(&state->target, uri, URI_PARAMETERS);

    return is_text(value_in(&state->target, uri, URI_SCHEME), "sip") &&
           is_by_datagrams(state, flow) && parameters && PyDict_Check(parameters) &&
           PyDict_GET_SIZE(parameters) == 0 &&
           are_equal(value_in(&state->target, uri, URI_PORT),
                     value_in(&state->flow, flow, FLOW_PORT)) &&
           are_equal(value_in(&state->target, uri, URI_HOST),
                     value_in(&state->flow, flow, FLOW_HOST));
}

PyObject *is_straight(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "is_straight takes request, flow and dialog");
        return NULL;
    }
    PyObject *contact = contact_of(state, given[0]), *flow = given[1], *dialog = given[2];

    if (contact == NULL || !is_one(&state->flow, flow) || !is_one(&state->dialog, dialog))
        Py_RETURN_FALSE;
    PyObject *routes = value_in(&state->dialog, dialog, DIALOG_ROUTE_SET);

    return PyBool_FromLong(
        value_in(&state->dialog, dialog, DIALOG_REMOTE_TARGET) == PyTuple_GET_ITEM(contact, 0) &&
        routes && PyTuple_Check(routes) && PyTuple_GET_SIZE(routes) == 0 &&
        is_at(state, PyTuple_GET_ITEM(contact, 1), flow));
}
