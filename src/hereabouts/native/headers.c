/* The ordinary Via, address and URI: what `sip/headers/via.py`, `sip/headers/address.py` and
   `sip/uri.py` make of it. All others, such as those with blanks, escapes in quotes or IPv6 in a
   URI, are left to Python. */
#include "messages.h"

/* Whose rules a parameter follows: those of headers (a token) or those of URIs. */
enum grammar { OF_HEADER, OF_URI };

/* The characters that part such a text, each a bit of its own. */
enum mark {
    BLANK = 1, QUOTE = 2, LESS = 4, GREATER = 8, ASKS = 16, AT = 32, COLON = 64, SEMICOLON = 128,
    COMMA = 256, EQUALS = 512, OPENS = 1024, CLOSES = 2048, BACKSLASH = 4096,
};

static const uint16_t marks[256] = {
    [' '] = BLANK, ['"'] = QUOTE, ['<'] = LESS, ['>'] = GREATER, ['?'] = ASKS, ['@'] = AT,
    [':'] = COLON, [';'] = SEMICOLON, [','] = COMMA, ['='] = EQUALS, ['['] = OPENS,
    [']'] = CLOSES, ['\\'] = BACKSLASH,
};

static const char *const usual[USUAL] = {
    "branch", "rport", "received", "tag", "lr", "transport", "expires", "q", "id", "ob",
};

/* With their colons. */
static const char *const schemes[SCHEMES] = {"sip:", "sips:", "pres:"};

int keep_usual_names(struct state *state)
{
    for (int at = 0; at < SCHEMES; at++) {
        PyObject *name =
            PyUnicode_FromStringAndSize(schemes[at], (Py_ssize_t)strlen(schemes[at]) - 1);

        if (name == NULL)
            return -1;
        PyUnicode_InternInPlace(&name);
        state->schemes[at] = name;
    }
    state->nothing = PyUnicode_New(0, 0);
    if (state->nothing == NULL)
        return -1;
    for (int at = 0; at < USUAL; at++) {
        state->usual[at] = PyUnicode_InternFromString(usual[at]);
        if (state->usual[at] == NULL)
            return -1;
    }
    return 0;
}

PyObject *lower_text_of(struct span text)
{
    PyObject *lower = PyUnicode_New((Py_ssize_t)text.length, 127);

    if (lower != NULL)
        for (size_t at = 0; at < text.length; at++) {
            bool is_capital = text.text[at] >= 'A' && text.text[at] <= 'Z';

            PyUnicode_1BYTE_DATA(lower)[at] = (Py_UCS1)(text.text[at] | (is_capital ? 0x20 : 0));
        }
    return lower;
}

static PyObject *name_of(const struct state *state, struct span text)
{
    for (int at = 0; at < USUAL; at++)
        if (strncmp(usual[at], text.text, text.length) == 0 && usual[at][text.length] == 0)
            return Py_NewRef(state->usual[at]);
    return lower_text_of(text);
}

/* What can be read of a text: ASCII, no control character; false for all else. */
static bool can_read(PyObject *given, struct span *text)
{
    if (!PyUnicode_Check(given) || !PyUnicode_IS_COMPACT_ASCII(given))
        return false;
    *text = (struct span){(const char *)PyUnicode_1BYTE_DATA(given),
                          (size_t)PyUnicode_GET_LENGTH(given)};
    for (size_t at = 0; at < text->length; at++)
        if (text->text[at] < ' ' || text->text[at] == 0x7f)
            return false;
    return true;
}

/* What stands before the first of these marks, or all. It is cut off `rest`. */
static inline struct span cut_before(struct span *rest, unsigned stops)
{
    struct span found = {rest->text, 0};

    while (found.length < rest->length &&
           !(marks[(unsigned char)rest->text[found.length]] & stops))
        found.length++;
    rest->text += found.length;
    rest->length -= found.length;
    return found;
}

static bool skip(struct span *rest, const char *text)
{
    size_t length = strlen(text);

    if (rest->length < length || memcmp(rest->text, text, length) != 0)
        return false;
    rest->text += length;
    rest->length -= length;
    return true;
}

static inline bool has_any(struct span text, unsigned sought)
{
    cut_before(&text, sought);
    return text.length > 0;
}

static bool is_token(struct span text)
{
    for (size_t at = 0; at < text.length; at++)
        if (!token_characters[(unsigned char)text.text[at]])
            return false;
    return text.length > 0;
}

/* Adds one parameter. */
static enum outcome add_parameter(const struct state *state, PyObject *parameters,
                                  struct span piece, enum grammar grammar)
{
    struct span name = cut_before(&piece, EQUALS);
    bool has_value = skip(&piece, "=");

    if (grammar == OF_HEADER ? !is_token(name) : name.length == 0)
        return UNUSUAL;
    PyObject *key = name_of(state, name);
    int is_double = key ? PyDict_Contains(parameters, key) : -1;
    PyObject *value = is_double != 0 ? NULL : has_value ? text_of(piece) : Py_NewRef(Py_None);
    enum outcome outcome = is_double > 0 ? UNUSUAL : FAILED;

    if (value != NULL && PyDict_SetItem(parameters, key, value) == 0)
        outcome = READ;
    Py_XDECREF(key);
    Py_XDECREF(value);
    return outcome;
}

/* The parameters in what is nothing, or begins with a semicolon. */
static enum outcome read_parameters(const struct state *state, PyObject **parameters,
                                    struct span rest, enum grammar grammar)
{
    const unsigned unusual = BLANK | QUOTE | LESS | GREATER | (grammar == OF_URI ? ASKS : 0);
    enum outcome outcome = READ;

    *parameters = NULL;
    if (has_any(rest, unusual))
        return UNUSUAL;
    *parameters = PyDict_New();
    if (*parameters == NULL)
        return FAILED;
    while (outcome == READ && rest.length > 0) {
        if (!skip(&rest, ";"))
            return UNUSUAL;
        struct span piece = cut_before(&rest, SEMICOLON);

        if (piece.length > 0)
            outcome = add_parameter(state, *parameters, piece, grammar);
    }
    return outcome;
}

/* A port behind its colon, or nothing: then -1. False for what is no port. */
static bool read_port(struct span *rest, long *port)
{
    *port = -1;
    if (!skip(rest, ":"))
        return true;
    struct span digits = cut_before(rest, SEMICOLON);

    if (digits.length == 0 || digits.length > 5)
        return false;
    *port = 0;
    for (size_t at = 0; at < digits.length; at++) {
        if (digits.text[at] < '0' || digits.text[at] > '9')
            return false;
        *port = *port * 10 + (digits.text[at] - '0');
    }
    return *port > 0 && *port < 65536;
}

static PyObject *number_or_none(long number)
{
    return number < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(number);
}

/* What a function gives: the tuple, None for what Python decides, or NULL and an exception. It
   takes over the reference to `parameters`. */
static PyObject *given_back(enum outcome outcome, PyObject *tuple, PyObject *parameters)
{
    Py_XDECREF(parameters);
    return outcome == UNUSUAL ? Py_NewRef(Py_None) : tuple;
}

PyObject *via(PyObject *module, PyObject *given)
{
    const struct state *state = PyModule_GetState(module);
    PyObject *parameters, *tuple = NULL;
    struct span rest;
    long port;

    if (!can_read(given, &rest) || !skip(&rest, "SIP/2.0/"))
        Py_RETURN_NONE;
    struct span transport = cut_before(&rest, BLANK);

    for (size_t at = 0; at < transport.length; at++)
        if (transport.text[at] < 'A' || transport.text[at] > 'Z')
            Py_RETURN_NONE;
    if (transport.length == 0 || !skip(&rest, " "))
        Py_RETURN_NONE;
    struct span host = cut_before(&rest, BLANK | COMMA | COLON | SEMICOLON | OPENS | CLOSES);

    if (host.length == 0 || !read_port(&rest, &port))
        Py_RETURN_NONE;
    enum outcome outcome = read_parameters(state, &parameters, rest, OF_HEADER);

    if (outcome == READ)
        tuple = tuple_of((PyObject *[]){text_of(transport), text_of(host), number_or_none(port),
                                        Py_NewRef(parameters)}, 4);
    return given_back(outcome, tuple, parameters);
}

/* Cuts off what stands before the `<`: nothing, words without quotes, or a quoted string. */
static bool cut_display(struct span *rest, struct span *display)
{
    if (rest->length > 0 && rest->text[0] == '"') {
        const char *begin = rest->text++;

        rest->length--;
        cut_before(rest, QUOTE | BACKSLASH);
        if (!skip(rest, "\""))
            return false;
        *display = (struct span){begin, (size_t)(rest->text - begin)};
        while (skip(rest, " "))
            ;
        return skip(rest, "<");
    }
    while (skip(rest, " "))
        ;
    *display = cut_before(rest, LESS | QUOTE | COMMA);
    while (display->length > 0 && display->text[display->length - 1] == ' ')
        display->length--;
    return skip(rest, "<");
}

PyObject *address(PyObject *module, PyObject *given)
{
    const struct state *state = PyModule_GetState(module);
    PyObject *parameters, *tuple = NULL;
    struct span rest, uri, display = {"", 0};

    if (!can_read(given, &rest))
        Py_RETURN_NONE;
    if (has_any(rest, LESS)) {
        if (!cut_display(&rest, &display))
            Py_RETURN_NONE;
        uri = cut_before(&rest, GREATER);
        if (!skip(&rest, ">"))
            Py_RETURN_NONE;
    } else {
        uri = cut_before(&rest, SEMICOLON);
        if (has_any(uri, ASKS | COMMA | GREATER))
            Py_RETURN_NONE;
    }
    if (uri.length == 0 || has_any(uri, BLANK | QUOTE | LESS))
        Py_RETURN_NONE;
    enum outcome outcome = read_parameters(state, &parameters, rest, OF_HEADER);

    if (outcome == READ)
        tuple = tuple_of((PyObject *[]){text_of(uri), Py_NewRef(parameters), text_of(display)}, 3);
    return given_back(outcome, tuple, parameters);
}

static PyObject *text_or_none(struct span text)
{
    return text.text == NULL ? Py_NewRef(Py_None) : text_of(text);
}

static bool is_host(struct span host)
{
    for (size_t at = 0; at < host.length; at++) {
        char each = host.text[at];
        bool is_word = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                       (each >= '0' && each <= '9');

        if (!is_word && (at == 0 || (each != '.' && each != '-' && each != '_')))
            return false;
    }
    return host.length > 0 && host.text[host.length - 1] != '.';
}

PyObject *uri(PyObject *module, PyObject *given)
{
    const struct state *state = PyModule_GetState(module);
    PyObject *parameters, *tuple = NULL;
    struct span rest, user = {0}, password = {0}; /* without a text: None */
    int scheme = 0;
    long port;

    if (!can_read(given, &rest))
        Py_RETURN_NONE;
    while (scheme < SCHEMES && !skip(&rest, schemes[scheme]))
        scheme++;
    if (scheme == SCHEMES || has_any(rest, BLANK | LESS | GREATER | ASKS))
        Py_RETURN_NONE;
    if (has_any(rest, AT)) {
        struct span before = cut_before(&rest, AT);

        user = cut_before(&before, COLON);
        if (user.length == 0 || !skip(&rest, "@"))
            Py_RETURN_NONE;
        if (skip(&before, ":"))
            password = before;
    }
    struct span host = cut_before(&rest, COLON | SEMICOLON);

    if (!is_host(host) || !read_port(&rest, &port))
        Py_RETURN_NONE;
    enum outcome outcome = read_parameters(state, &parameters, rest, OF_URI);

    if (outcome == READ)
        tuple = tuple_of((PyObject *[]){Py_NewRef(state->schemes[scheme]), text_or_none(user),
                                        lower_text_of(host), number_or_none(port),
                                        Py_NewRef(parameters), Py_NewRef(state->nothing),
                                        text_or_none(password)}, 7);
    return given_back(outcome, tuple, parameters);
}
