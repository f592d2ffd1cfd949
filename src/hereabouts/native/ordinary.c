/* An object of the class `Ordinary` of `sip/message.py`, made without running any Python: its fields
   are slots, and are written where these are. */
#include "messages.h"

static const char *const fields[FIELDS] = {
    [FIELD_METHOD] = "method", [FIELD_URI] = "uri", [FIELD_ROWS] = "_rows",
    [FIELD_HEADERS] = "headers", [FIELD_BODY] = "body", [FIELD_FAULT] = "fault",
    [FIELD_PACKET] = "packet",
    [FIELD_CALL_ID] = "call_id", [FIELD_CSEQ] = "cseq", [FIELD_FROM] = "from_address",
    [FIELD_TO] = "to_address", [FIELD_TO_TAG] = "to_tag", [FIELD_CONTACT] = "_contact",
    [FIELD_REQUEST_URI] = "request_uri", [FIELD_EXPIRES] = "expires",
};

int learn_ordinary(struct state *state, PyObject *class)
{
    if (!PyType_Check(class)) {
        PyErr_SetString(PyExc_TypeError, "what is made is a class");
        return -1;
    }
    Py_ssize_t places[FIELDS];

    for (int at = 0; at < FIELDS; at++) {
        places[at] = slot_of(class, fields[at]);
        if (places[at] < 0)
            return -1;
    }
    memcpy(state->places, places, sizeof places);
    state->ordinary = Py_NewRef(class);
    return 0;
}

PyObject *made_ordinary(const struct state *state, PyObject *const values[FIELDS])
{
    PyTypeObject *class = (PyTypeObject *)state->ordinary;
    PyObject *object = class->tp_alloc(class, 0);

    if (object != NULL)
        for (int at = 0; at < FIELDS; at++)
            *(PyObject **)((char *)object + state->places[at]) = Py_NewRef(values[at]);
    return object;
}
