/* The ordinary request, understood as it is read: what `sip/message.py` and `sip/admission.py` would
   find out of it one after the other. Where anything is unusual nothing is said of it, and Python
   looks for itself. */
#include "messages.h"
#include "pieces.h"

static const char *const read_names[REQUEST_NAMES] = {
    "from", "to", "call-id", "cseq", "via", "max-forwards", "contact", "expires",
};

/* The places of these names. */
enum { FROM, TO, CALL_ID, CSEQ, VIA, MAX_FORWARDS, CONTACT, EXPIRES };

int keep_request_names(struct state *state)
{
    for (int at = 0; at < REQUEST_NAMES; at++) {
        state->request_names[at] = PyUnicode_InternFromString(read_names[at]);
        if (state->request_names[at] == NULL)
            return -1;
    }
    return 0;
}

/* The one value of a header, borrowed; NULL where there are none, or several. */
static PyObject *one_value(const struct state *state, PyObject *headers, int name)
{
    PyObject *values = PyDict_GetItemWithError(headers, state->request_names[name]);

    return values && PyList_GET_SIZE(values) == 1 ? PyList_GET_ITEM(values, 0) : NULL;
}

/* The number of up to ten digits that a text begins with; they are cut off. -1: there is none. */
static long long cut_number(struct span *text)
{
    long long number = 0;
    size_t at = 0;

    for (; at < text->length && text->text[at] >= '0' && text->text[at] <= '9'; at++) {
        if (at == 10)
            return -1;
        number = number * 10 + (text->text[at] - '0');
    }
    text->text += at;
    text->length -= at;
    return at ? number : -1;
}

/* Number and method; READ only where the method is that of the request. */
static enum outcome read_cseq(PyObject *value, PyObject *method, PyObject **cseq)
{
    if (value == NULL)
        return UNUSUAL;
    struct span rest = span_of(value), name = span_of(method);
    long long number = cut_number(&rest);

    if (number < 0 || number > INT32_MAX || rest.length != name.length + 1 ||
        rest.text[0] != ' ' || memcmp(rest.text + 1, name.text, name.length) != 0)
        return UNUSUAL;
    *cseq = tuple_of((PyObject *[]){PyLong_FromLongLong(number), Py_NewRef(method)}, 2);
    return *cseq ? READ : FAILED;
}

/* An object of a class, of the fields that a reader gives. */
static PyObject *called(PyObject *kind, PyObject *fields)
{
    return PyObject_Vectorcall(kind, ((PyTupleObject *)fields)->ob_item,
                               (size_t)PyTuple_GET_SIZE(fields), NULL);
}

/* The same, of what a reader gives for a value. */
static enum outcome made(PyObject *module, PyObject *kind, PyObject *value,
                         PyObject *(*reader)(PyObject *, PyObject *), PyObject **object)
{
    if (value == NULL)
        return UNUSUAL;
    PyObject *fields = reader(module, value);

    if (fields == NULL)
        return FAILED;
    if (fields == Py_None) {
        Py_DECREF(fields);
        return UNUSUAL;
    }
    *object = called(kind, fields);
    Py_DECREF(fields);
    return *object ? READ : FAILED;
}

/* Whether no Via row has more than one value, and the hops left are a number that may be. */
static bool has_plain_hops(const struct state *state, PyObject *headers)
{
    PyObject *rows = PyDict_GetItemWithError(headers, state->request_names[VIA]);
    PyObject *hops = PyDict_GetItemWithError(headers, state->request_names[MAX_FORWARDS]);

    for (Py_ssize_t at = 0; rows && at < PyList_GET_SIZE(rows); at++) {
        struct span row = span_of(PyList_GET_ITEM(rows, at));

        if (memchr(row.text, ',', row.length) != NULL)
            return false;
    }
    if (hops == NULL)
        return true;
    struct span left = span_of(PyList_GET_ITEM(hops, 0));
    long long number = left.length <= 3 ? cut_number(&left) : -1;

    return left.length == 0 && number >= 0 && number <= 255;
}

/* The URI of the one Contact, as it stands and understood; nothing where there is none such. */
static enum outcome read_contact(PyObject *module, const struct state *state, PyObject *headers,
                                 PyObject **contact)
{
    PyObject *value = one_value(state, headers, CONTACT), *understood = NULL;

    if (value == NULL)
        return READ;
    struct span row = span_of(value);

    if (memchr(row.text, ',', row.length) != NULL)
        return READ;
    PyObject *fields = address(module, value);

    if (fields == NULL)
        return FAILED;
    enum outcome outcome = UNUSUAL;

    if (fields != Py_None)
        outcome = made(module, state->uri, PyTuple_GET_ITEM(fields, 0), uri, &understood);
    if (outcome == READ) {
        *contact = PyTuple_Pack(2, PyTuple_GET_ITEM(fields, 0), understood);
        outcome = *contact ? READ : FAILED;
    }
    Py_XDECREF(understood);
    Py_DECREF(fields);
    return outcome == UNUSUAL ? READ : outcome;
}

/* The tag of an address, or None. */
static PyObject *tag_of(const struct state *state, PyObject *fields)
{
    PyObject *tag = PyDict_GetItemWithError(PyTuple_GET_ITEM(fields, 1), state->usual[TAG]);

    if (tag == NULL && PyErr_Occurred())
        return NULL;
    return Py_NewRef(tag != NULL && tag != Py_None && PyUnicode_GET_LENGTH(tag) ? tag : Py_None);
}

/* The address of the recipient, and its tag. */
static enum outcome read_recipient(PyObject *module, const struct state *state, PyObject *value,
                                   PyObject *values[FIELDS])
{
    if (value == NULL)
        return UNUSUAL;
    PyObject *fields = address(module, value);

    if (fields == NULL)
        return FAILED;
    enum outcome outcome = UNUSUAL;

    if (fields != Py_None) {
        values[FIELD_TO] = called(state->address, fields);
        values[FIELD_TO_TAG] = tag_of(state, fields);
        outcome = values[FIELD_TO] && values[FIELD_TO_TAG] ? READ : FAILED;
    }
    Py_DECREF(fields);
    return outcome;
}

/* The seconds in Expires, as `parse_seconds` of `sip/parameters.py` reads them, or None. */
static PyObject *seconds_of(const struct state *state, PyObject *headers)
{
    PyObject *rows = PyDict_GetItemWithError(headers, state->request_names[EXPIRES]);
    unsigned long long seconds = 0;

    if (rows == NULL)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    PyObject *value = PyList_GET_ITEM(rows, 0);

    if (!is_ascii(value) || PyUnicode_GET_LENGTH(value) == 0)
        Py_RETURN_NONE;
    struct span text = span_of(value);

    for (size_t at = 0; at < text.length; at++) {
        if (text.text[at] < '0' || text.text[at] > '9')
            Py_RETURN_NONE;
        seconds = seconds * 10 + (unsigned long long)(text.text[at] - '0');
        if (seconds > UINT32_MAX)
            seconds = UINT32_MAX;
    }
    return PyLong_FromUnsignedLongLong(seconds);
}

enum outcome understand(PyObject *module, PyObject *values[FIELDS])
{
    const struct state *state = PyModule_GetState(module);
    PyObject *headers = values[FIELD_HEADERS], *call_id = one_value(state, headers, CALL_ID);

    if (call_id == NULL || PyUnicode_GET_LENGTH(call_id) == 0 || !has_plain_hops(state, headers))
        return PyErr_Occurred() ? FAILED : UNUSUAL;
    values[FIELD_CALL_ID] = Py_NewRef(call_id);
    enum outcome outcome =
        read_cseq(one_value(state, headers, CSEQ), values[FIELD_METHOD], &values[FIELD_CSEQ]);

    if (outcome == READ)
        outcome = made(module, state->address, one_value(state, headers, FROM), address,
                       &values[FIELD_FROM]);
    if (outcome == READ)
        outcome = read_recipient(module, state, one_value(state, headers, TO), values);
    if (outcome == READ)
        outcome = made(module, state->uri, values[FIELD_URI], uri, &values[FIELD_REQUEST_URI]);
    if (outcome == READ)
        outcome = read_contact(module, state, headers, &values[FIELD_CONTACT]);
    if (outcome == READ && values[FIELD_CONTACT] == NULL)
        values[FIELD_CONTACT] = Py_NewRef(Py_None);
    if (outcome == READ)
        values[FIELD_EXPIRES] = seconds_of(state, headers);
    return PyErr_Occurred() ? FAILED : outcome;
}
