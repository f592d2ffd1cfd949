/* The ordinary message, read in one pass: what `sip/reader.py` makes of it, and nothing else. */
#include "messages.h"

/* What is made of a message; each of it is NULL until it is there. */
struct message {
    PyObject *kind;   /* the class; borrowed */
    PyObject *first;  /* method or status */
    PyObject *second; /* Request-URI or reason */
    PyObject *headers;
    PyObject *body;
    struct span rows; /* all of them */
    struct span content_length; /* its text is NULL where there is none */
};

/* Cuts the first line off `rest`. False where a CR or LF stands alone, or nothing is left.

   The end of `rest` must be a line end, which stands behind it and can be read. */
static bool next_line(struct span *rest, struct span *line)
{
    const char *end = rest->text + rest->length;
    const char *stop = memchr(rest->text, '\r', rest->length);

    line->text = rest->text;
    if (stop == NULL) {
        line->length = rest->length;
        *rest = (struct span){end, 0};
    } else {
        if (stop[1] != '\n')
            return false;
        line->length = (size_t)(stop - line->text);
        *rest = (struct span){stop + 2, (size_t)(end - stop) - 2};
    }
    return line->length > 0 && memchr(line->text, '\n', line->length) == NULL;
}

static bool is_blank(char each)
{
    return each == ' ' || each == '\t';
}

static struct span stripped(struct span text)
{
    while (text.length > 0 && is_blank(text.text[0]))
        text.text++, text.length--;
    while (text.length > 0 && is_blank(text.text[text.length - 1]))
        text.length--;
    return text;
}

static enum outcome read_status_line(struct state *state, struct message *message, struct span line)
{
    const char *status = line.text + sizeof "SIP/2.0 " - 1;
    size_t left = line.length - (sizeof "SIP/2.0 " - 1); /* the caller has seen these */

    if (left < 3 || (left > 3 && status[3] != ' ') || status[0] < '1' || status[0] > '6')
        return UNUSUAL;
    if (status[1] < '0' || status[1] > '9' || status[2] < '0' || status[2] > '9')
        return UNUSUAL;
    message->kind = state->response;
    message->first = PyLong_FromLong((status[0] - '0') * 100 + (status[1] - '0') * 10 + status[2] -
                                     '0');
    message->second = text_of((struct span){status + 4, left > 3 ? left - 4 : 0});
    return message->first && message->second ? READ : FAILED;
}

static enum outcome read_request_line(struct state *state, struct message *message,
                                      struct span line)
{
    static const char version[] = " SIP/2.0";
    const size_t tail = sizeof version - 1;
    size_t method = 0, uri;

    if (line.length <= tail || memcmp(line.text + line.length - tail, version, tail) != 0)
        return UNUSUAL;
    line.length -= tail;
    while (method < line.length && token_characters[(unsigned char)line.text[method]])
        method++;
    if (method == 0 || method + 1 >= line.length || line.text[method] != ' ')
        return UNUSUAL;
    for (uri = method + 1; uri < line.length; uri++)
        if ((unsigned char)line.text[uri] <= ' ' || line.text[uri] == '<' || line.text[uri] == '>')
            return UNUSUAL;
    message->kind = state->request;
    message->first = text_of((struct span){line.text, method});
    message->second = text_of((struct span){line.text + method + 1, line.length - method - 1});
    return message->first && message->second ? READ : FAILED;
}

static enum outcome read_start_line(struct state *state, struct message *message, struct span line)
{
    static const char version[] = "SIP/2.0 ";

    if (line.length >= sizeof version - 1 && memcmp(line.text, version, sizeof version - 1) == 0)
        return read_status_line(state, message, line);
    return read_request_line(state, message, line);
}

/* Puts a value under its header's key. */
static enum outcome keep(PyObject *headers, PyObject *key, bool is_single, struct span value)
{
    PyObject *text = text_of(value);
    PyObject *values = text ? PyList_New(1) : NULL;

    if (values == NULL) {
        Py_XDECREF(text);
        return FAILED;
    }
    PyList_SET_ITEM(values, 0, text); /* takes the reference */
    PyObject *kept = PyDict_SetDefault(headers, key, values);
    enum outcome outcome = READ;

    if (kept == NULL)
        outcome = FAILED;
    else if (kept != values)
        outcome = is_single ? UNUSUAL : PyList_Append(kept, text) < 0 ? FAILED : READ;
    Py_DECREF(values);
    return outcome;
}

static enum outcome read_row(struct state *state, struct message *message, struct span row)
{
    const char *colon = memchr(row.text, ':', row.length);
    size_t length = colon ? (size_t)(colon - row.text) : 0;
    struct spelling spelling;
    enum outcome outcome;

    if (colon == NULL || is_blank(row.text[0]))
        return UNUSUAL;
    while (length > 0 && is_blank(row.text[length - 1]))
        length--;
    if (!spell(&spelling, row.text, length))
        return UNUSUAL;
    struct name *name = find_name(state, &spelling);
    struct span value = stripped(
        (struct span){colon + 1, row.length - (size_t)(colon + 1 - row.text)});

    if (name->length == 0) { /* a header that we do not know */
        PyObject *key = text_of((struct span){spelling.text, spelling.length});

        outcome = key ? keep(message->headers, key, false, value) : FAILED;
        Py_XDECREF(key);
        return outcome;
    }
    if (name->key == state->content_length)
        message->content_length = value;
    return keep(message->headers, name->key, name->is_single, value);
}

static enum outcome read_rows(struct state *state, struct message *message, struct span rest)
{
    struct span row;
    enum outcome outcome = READ;

    message->rows = rest;
    message->headers = PyDict_New();
    if (message->headers == NULL)
        return FAILED;
    for (Py_ssize_t count = 0; outcome == READ && rest.length > 0; count++) {
        if (count >= state->most_rows || !next_line(&rest, &row))
            return UNUSUAL;
        outcome = read_row(state, message, row);
    }
    return outcome;
}

/* The rows as they stand, which were read before. */
static PyObject *rows_of(struct span rest)
{
    PyObject *rows = PyList_New(0);
    struct span row;

    while (rows && rest.length > 0 && next_line(&rest, &row)) {
        PyObject *text = text_of(row);

        if (text == NULL || PyList_Append(rows, text) < 0)
            Py_CLEAR(rows);
        Py_XDECREF(text);
    }
    return rows;
}

/* Cuts the body where Content-Length says (RFC 3261 section 18.3). */
static enum outcome read_body(struct message *message, struct span body)
{
    struct span given = message->content_length;
    uint64_t length = 0;

    if (given.text != NULL) {
        if (given.length == 0 || given.length > 11)
            return UNUSUAL;
        for (size_t at = 0; at < given.length; at++) {
            if (given.text[at] < '0' || given.text[at] > '9')
                return UNUSUAL;
            length = length * 10 + (uint64_t)(given.text[at] - '0');
        }
        if (length > body.length)
            return UNUSUAL;
        body.length = (size_t)length;
    }
    message->body = PyBytes_FromStringAndSize(body.text, (Py_ssize_t)body.length);
    return message->body ? READ : FAILED;
}

static enum outcome read_message(struct state *state, struct message *message, struct span packet)
{
    while (packet.length > 0 && (packet.text[0] == '\r' || packet.text[0] == '\n'))
        packet.text++, packet.length--;
    const char *end = find_head_end(packet.text, packet.text + packet.length);

    if (end == NULL)
        return UNUSUAL;
    struct span head = {packet.text, (size_t)(end - packet.text)};
    struct span line;

    if (!is_all_ascii(head) || !next_line(&head, &line))
        return UNUSUAL;
    enum outcome outcome = read_start_line(state, message, line);

    if (outcome == READ)
        outcome = read_rows(state, message, head);
    if (outcome == READ)
        outcome = read_body(message,
                            (struct span){end + 4, packet.length -
                                                       (size_t)(end + 4 - packet.text)});
    return outcome;
}

/* A response; or a request that is not ordinary: it is understood as far as somebody asks. */
static PyObject *made_whole(PyObject *kind, const struct message *message)
{
    PyObject *rows = rows_of(message->rows), *made = NULL;
    PyObject *parts[] = {message->first, message->second, rows, message->headers, message->body};

    if (rows != NULL)
        made = PyObject_Vectorcall(kind, parts, sizeof parts / sizeof *parts, NULL);
    Py_XDECREF(rows);
    return made;
}

static PyObject *made_understood(PyObject *module, const struct state *state, PyObject *packet,
                                 const struct message *message)
{
    PyObject *values[FIELDS] = {
        [FIELD_METHOD] = message->first, [FIELD_URI] = message->second, [FIELD_ROWS] = Py_None,
        [FIELD_HEADERS] = message->headers, [FIELD_BODY] = message->body, [FIELD_FAULT] = Py_None,
        [FIELD_PACKET] = packet,
    };
    enum outcome outcome = understand(module, values);
    PyObject *request = outcome == READ      ? made_ordinary(state, values)
                        : outcome == UNUSUAL ? made_whole(state->request, message)
                                             : NULL;

    for (int at = FIELD_CALL_ID; at < FIELDS; at++)
        Py_XDECREF(values[at]);
    return request;
}

PyObject *scan(PyObject *module, PyObject *packet)
{
    struct state *state = PyModule_GetState(module);
    struct message message = {0};
    PyObject *read = NULL;

    if (state->request == NULL || !PyBytes_Check(packet))
        Py_RETURN_NONE;
    struct span bytes = {PyBytes_AS_STRING(packet), (size_t)PyBytes_GET_SIZE(packet)};
    enum outcome outcome = read_message(state, &message, bytes);

    if (outcome == READ) {
        read = message.kind == state->request ? made_understood(module, state, packet, &message)
                                              : made_whole(message.kind, &message);
    } else if (outcome == UNUSUAL) {
        read = Py_NewRef(Py_None);
    }
    Py_XDECREF(message.first);
    Py_XDECREF(message.second);
    Py_XDECREF(message.headers);
    Py_XDECREF(message.body);
    return read;
}
