/* The ordinary answer: what `sip/message.py` writes, and the Via that `sip/hop.py` stamps for
   it. Whatever is not ASCII throughout is left to Python. */
#include "messages.h"
#include "pieces.h"

static const char *const copied_rows[COPIED] = {"From: ", "To: ", "Call-ID: ", "CSeq: "};
static const char *const copied_keys[COPIED] = {"from", "to", "call-id", "cseq"};

int keep_copied_names(struct state *state)
{
    for (int at = 0; at < COPIED; at++) {
        state->copied[at] = PyUnicode_InternFromString(copied_keys[at]);
        if (state->copied[at] == NULL)
            return -1;
    }
    return 0;
}

static inline bool is_letter(char each, char lower)
{
    return (each | 0x20) == lower;
}

/* Whether a parameter `tag` begins behind the last `>`. */
static bool is_tagged(struct span to)
{
    size_t at = to.length;

    while (at > 0 && to.text[at - 1] != '>')
        at--;
    for (; at < to.length; at++) {
        if (to.text[at] != ';')
            continue;
        size_t next = at + 1;

        while (next < to.length && (to.text[next] == ' ' || to.text[next] == '\t'))
            next++;
        if (to.length - next < 3 || !is_letter(to.text[next], 't') ||
            !is_letter(to.text[next + 1], 'a') || !is_letter(to.text[next + 2], 'g'))
            continue;
        for (next += 3; next < to.length && (to.text[next] == ' ' || to.text[next] == '\t');)
            next++;
        if (next < to.length && to.text[next] == '=')
            return true;
    }
    return false;
}

static bool add_hops(struct pieces *pieces, PyObject *hops)
{
    for (Py_ssize_t at = 0; at < PyList_GET_SIZE(hops); at++)
        if (!add_text(pieces, "Via: ") || !add_given(pieces, PyList_GET_ITEM(hops, at)) ||
            !add_text(pieces, "\r\n"))
            return false;
    return true;
}

/* The rows that are copied from the request. */
static bool add_copied(const struct state *state, struct pieces *pieces, PyObject *headers,
                       PyObject *tag)
{
    for (int at = 0; at < COPIED; at++) {
        PyObject *rows = PyDict_GetItemWithError(headers, state->copied[at]);

        if (rows == NULL && !PyErr_Occurred())
            continue;
        if (rows == NULL || !PyList_Check(rows) || PyList_GET_SIZE(rows) == 0)
            return false;
        PyObject *value = PyList_GET_ITEM(rows, 0);

        if (!add_text(pieces, copied_rows[at]) || !add_given(pieces, value))
            return false;
        if (at == 1 && tag != Py_None && PyUnicode_GET_LENGTH(tag) && !is_tagged(span_of(value)))
            if (!add_text(pieces, ";tag=") || !add_given(pieces, tag))
                return false;
        if (!add_text(pieces, "\r\n"))
            return false;
    }
    return true;
}

static bool add_headers(struct pieces *pieces, PyObject *headers)
{
    for (Py_ssize_t at = 0; at < PySequence_Fast_GET_SIZE(headers); at++) {
        PyObject *header = PySequence_Fast_GET_ITEM(headers, at);

        if (!PyTuple_Check(header) || PyTuple_GET_SIZE(header) != 2 ||
            !add_given(pieces, PyTuple_GET_ITEM(header, 0)) || !add_text(pieces, ": ") ||
            !add_given(pieces, PyTuple_GET_ITEM(header, 1)) || !add_text(pieces, "\r\n"))
            return false;
    }
    return true;
}

static bool add_body(struct pieces *pieces, PyObject *body, char number[DIGITS])
{
    struct span content = {PyBytes_AS_STRING(body), (size_t)PyBytes_GET_SIZE(body)};

    return add_text(pieces, "Content-Length: ") && add_number(pieces, number, content.length) &&
           add_text(pieces, "\r\n\r\n") && add(pieces, content);
}

PyObject *answer_of(const struct state *state, PyObject *const parts[6])
{
    PyObject *start = parts[0], *hops = parts[1], *copied = parts[2], *tag = parts[3];
    PyObject *headers = parts[4], *body = parts[5];
    struct pieces pieces;
    char number[DIGITS];

    if (!PyList_Check(hops) || !PyDict_Check(copied) ||
        !(PyList_Check(headers) || PyTuple_Check(headers)) || !PyBytes_Check(body) ||
        (tag != Py_None && !is_ascii(tag)))
        Py_RETURN_NONE;
    clear_pieces(&pieces);
    if (!add_given(&pieces, start) || !add_hops(&pieces, hops) ||
        !add_copied(state, &pieces, copied, tag) || !add_headers(&pieces, headers) ||
        !add_body(&pieces, body, number)) {
        if (PyErr_Occurred())
            return NULL;
        Py_RETURN_NONE;
    }
    return bytes_of(&pieces);
}

PyObject *response(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    if (count != 6) {
        PyErr_SetString(PyExc_TypeError, "response takes 6 arguments");
        return NULL;
    }
    return answer_of(PyModule_GetState(module), given);
}

/* -- stamping */

static bool add_parameters(struct pieces *pieces, PyObject *parameters)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;

    while (PyDict_Next(parameters, &at, &name, &value)) {
        if (!add_text(pieces, ";") || !add_given(pieces, name))
            return false;
        if (value != Py_None && (!add_text(pieces, "=") || !add_given(pieces, value)))
            return false;
    }
    return true;
}

/* A port that was read, behind its colon; `None` is no port. */
static bool add_port(struct pieces *pieces, char number[DIGITS], PyObject *port)
{
    return port == Py_None || (add_text(pieces, ":") &&
                               add_number(pieces, number, PyLong_AsUnsignedLong(port)));
}

/* The Via as it stands in a message; `None` where it has too many parameters. */
static PyObject *text_of_via(PyObject *transport, PyObject *host, PyObject *port,
                             PyObject *parameters)
{
    struct pieces pieces;
    char number[DIGITS];

    clear_pieces(&pieces);
    if (!add_text(&pieces, "SIP/2.0/") || !add_given(&pieces, transport) ||
        !add_text(&pieces, " ") || !add_given(&pieces, host) ||
        !add_port(&pieces, number, port) || !add_parameters(&pieces, parameters))
        Py_RETURN_NONE;
    return joined_text(&pieces);
}

/* Enters where a request came from; 1: something was entered, 0: nothing, -1: an exception. */
static int enter_source(const struct state *state, PyObject *sent, PyObject *parameters,
                        PyObject *host, long port)
{
    int is_asked = PyDict_Contains(parameters, state->usual[RPORT]);

    if (is_asked < 0)
        return -1;
    if (is_asked) {
        struct pieces pieces;
        char digits[DIGITS];

        clear_pieces(&pieces);
        add_number(&pieces, digits, (unsigned long)port);
        PyObject *number = text_of(pieces.all[0]);
        int failed = number ? PyDict_SetItem(parameters, state->usual[RPORT], number) : -1;

        Py_XDECREF(number);
        if (failed)
            return -1;
    } else if (PyUnicode_Compare(sent, host) == 0) {
        return 0;
    }
    return PyDict_SetItem(parameters, state->usual[RECEIVED], host) ? -1 : 1;
}

/* The name of the transaction that a request belongs to, by its topmost Via; None: Python knows. */
static PyObject *key_of(const struct state *state, PyObject *method, PyObject *read)
{
    static const char cookie[] = "z9hG4bK";
    const Py_ssize_t length = sizeof cookie - 1;
    PyObject *host = PyTuple_GET_ITEM(read, 1), *port = PyTuple_GET_ITEM(read, 2);
    PyObject *branch = PyDict_GetItemWithError(PyTuple_GET_ITEM(read, 3), state->usual[BRANCH]);

    if (PyErr_Occurred())
        return NULL;
    if (branch == NULL || branch == Py_None || port == Py_None || !PyUnicode_Check(method) ||
        PyUnicode_CompareWithASCIIString(method, "ACK") == 0 ||
        PyUnicode_GET_LENGTH(branch) <= length ||
        memcmp(PyUnicode_1BYTE_DATA(branch), cookie, (size_t)length) != 0)
        Py_RETURN_NONE;
    PyObject *lower = lower_text_of(span_of(host));

    if (lower == NULL)
        return NULL;
    struct pieces pieces;
    char number[DIGITS];

    clear_pieces(&pieces);
    bool is_plain = add_given(&pieces, method) && add_text(&pieces, " ") &&
                    add_given(&pieces, branch) && add_text(&pieces, " ") &&
                    add_given(&pieces, lower) && add_port(&pieces, number, port);
    PyObject *key = is_plain ? joined_text(&pieces) : Py_NewRef(Py_None);

    Py_DECREF(lower);
    return key;
}

/* What is said of a Via that was read, and into which its source was entered if `is_changed`. */
static PyObject *stamped(const struct state *state, PyObject *method, PyObject *row, PyObject *read,
                         bool is_changed)
{
    PyObject *text = is_changed ? text_of_via(PyTuple_GET_ITEM(read, 0), PyTuple_GET_ITEM(read, 1),
                                              PyTuple_GET_ITEM(read, 2), PyTuple_GET_ITEM(read, 3))
                                : Py_NewRef(row);
    PyObject *key = text ? key_of(state, method, read) : NULL, *found = NULL;

    if (text == Py_None)
        found = Py_NewRef(Py_None);
    else if (key != NULL)
        found = PyTuple_Pack(3, read, text, key);
    Py_XDECREF(text);
    Py_XDECREF(key);
    return found;
}

PyObject *stamp(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);

    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "stamp takes 4 arguments");
        return NULL;
    }
    PyObject *method = given[0], *row = given[1], *host = given[2];
    long port = PyLong_AsLong(given[3]);

    if (port == -1 && PyErr_Occurred())
        return NULL;
    if (port < 0 || !is_ascii(row) || !is_ascii(host) ||
        memchr(PyUnicode_1BYTE_DATA(row), ',', (size_t)PyUnicode_GET_LENGTH(row)) != NULL)
        Py_RETURN_NONE;
    PyObject *read = via(module, row), *found = NULL;

    if (read == NULL || read == Py_None)
        return read;
    int is_changed = enter_source(state, PyTuple_GET_ITEM(read, 1), PyTuple_GET_ITEM(read, 3), host,
                                  port);

    if (is_changed >= 0)
        found = stamped(state, method, row, read, is_changed);
    Py_DECREF(read);
    return found;
}
