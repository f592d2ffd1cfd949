#include "messages.h"

unsigned char token_characters[256];

void fill_token_characters(void)
{
    static const char others[] = "0123456789-.!%*_+`'~";

    for (int letter = 'a'; letter <= 'z'; letter++)
        token_characters[letter] = token_characters[letter - 32] = (unsigned char)letter;
    for (const char *each = others; *each; each++)
        token_characters[(unsigned char)*each] = (unsigned char)*each;
}

bool spell(struct spelling *spelling, const char *text, size_t length)
{
    uint32_t hash = 2166136261u; /* FNV-1a: the names are known, so nobody can make them collide */

    if (length == 0 || length > LONGEST_NAME)
        return false;
    for (size_t at = 0; at < length; at++) {
        unsigned char lower = token_characters[(unsigned char)text[at]];

        if (!lower)
            return false;
        spelling->text[at] = (char)lower;
        hash = (hash ^ lower) * 16777619u;
    }
    spelling->length = length;
    spelling->hash = hash;
    return true;
}

struct name *find_name(struct state *state, const struct spelling *spelling)
{
    uint32_t slot = (spelling->hash ^ spelling->hash >> 16) & (SLOTS - 1);

    for (;; slot = (slot + 1) & (SLOTS - 1)) { /* it ends: MOST_NAMES leaves slots free */
        struct name *name = &state->names[slot];

        if (name->length == 0 || (name->length == spelling->length &&
                                  memcmp(name->text, spelling->text, name->length) == 0))
            return name;
    }
}

void forget_names(struct state *state)
{
    for (size_t slot = 0; slot < SLOTS; slot++)
        Py_CLEAR(state->names[slot].key);
    memset(state->names, 0, sizeof state->names);
    Py_CLEAR(state->content_length);
    Py_CLEAR(state->request);
    Py_CLEAR(state->ordinary);
    Py_CLEAR(state->response);
    Py_CLEAR(state->address);
    Py_CLEAR(state->uri);
}

/* Adds a spelling; -1 with an exception set if that cannot be. */
static int learn(struct state *state, PyObject *given, PyObject *key, PyObject *single)
{
    struct spelling spelling;
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(given, &length);
    int is_single = text && PyUnicode_Check(key) ? PySet_Contains(single, key) : -1;

    if (is_single < 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "a header's name is a str");
        return -1;
    }
    if (!spell(&spelling, text, (size_t)length)) {
        PyErr_SetString(PyExc_ValueError, "a header's name is a short token");
        return -1;
    }
    struct name *name = find_name(state, &spelling);

    if (name->length != 0)
        return 0; /* another case of the same */
    memcpy(name->text, spelling.text, spelling.length);
    name->length = spelling.length;
    Py_INCREF(key);
    name->key = key;
    PyUnicode_InternInPlace(&name->key);
    name->is_single = is_single == 1;
    return 0;
}

PyObject *prepare(PyObject *module, PyObject *arguments)
{
    struct state *state = PyModule_GetState(module);
    PyObject *names, *single, *request, *ordinary, *response, *address, *uri, *given, *key;
    Py_ssize_t most_rows, place = 0;

    if (!PyArg_ParseTuple(arguments, "O!O!n(OOOOO):prepare", &PyDict_Type, &names, &PyFrozenSet_Type,
                          &single, &most_rows, &request, &ordinary, &response, &address, &uri))
        return NULL;
    if (PyDict_GET_SIZE(names) > MOST_NAMES) {
        PyErr_SetString(PyExc_ValueError, "too many names");
        return NULL;
    }
    forget_names(state);
    while (PyDict_Next(names, &place, &given, &key))
        if (learn(state, given, key, single) < 0) {
            forget_names(state);
            return NULL;
        }
    state->content_length = PyUnicode_InternFromString("content-length");
    if (state->content_length == NULL) {
        forget_names(state);
        return NULL;
    }
    if (learn_ordinary(state, ordinary) < 0) {
        forget_names(state);
        return NULL;
    }
    state->most_rows = most_rows;
    state->request = Py_NewRef(request);
    state->response = Py_NewRef(response);
    state->address = Py_NewRef(address);
    state->uri = Py_NewRef(uri);
    Py_RETURN_NONE;
}
