/* `hereabouts.native.messages`: the ordinary message read, and answered, at the speed of C.

   `interface.py` beside this file says what each function gives. */
#include "messages.h"

static PyMethodDef functions[] = {
    {"prepare", prepare, METH_VARARGS, NULL},
    {"learn_deliveries", learn_deliveries, METH_VARARGS, NULL},
    {"learn_transactions", learn_transactions, METH_VARARGS, NULL},
    {"learn_dialogs", learn_dialogs, METH_VARARGS, NULL},
    {"learn_kinds", learn_kinds, METH_VARARGS, NULL},
    {"learn_incoming", learn_incoming, METH_VARARGS, NULL},
    {"scan", scan, METH_O, NULL},
    {"notify_taken", notify_taken, METH_O, NULL},
    {"via", via, METH_O, NULL},
    {"address", address, METH_O, NULL},
    {"uri", uri, METH_O, NULL},
    {"stamp", (PyCFunction)(void (*)(void))stamp, METH_FASTCALL, NULL},
    {"notify", (PyCFunction)(void (*)(void))notify, METH_FASTCALL, NULL},
    {"notify_usual", (PyCFunction)(void (*)(void))notify_usual, METH_FASTCALL, NULL},
    {"settled", (PyCFunction)(void (*)(void))settled, METH_FASTCALL, NULL},
    {"answered", (PyCFunction)(void (*)(void))answered, METH_FASTCALL, NULL},
    {"accepted", (PyCFunction)(void (*)(void))accepted, METH_FASTCALL, NULL},
    {"is_straight", (PyCFunction)(void (*)(void))is_straight, METH_FASTCALL, NULL},
    {"arrive", (PyCFunction)(void (*)(void))arrive, METH_FASTCALL, NULL},
    {"respond", (PyCFunction)(void (*)(void))respond, METH_FASTCALL, NULL},
    {"begin", (PyCFunction)(void (*)(void))begin, METH_FASTCALL, NULL},
    {"common_listener", common_listener, METH_O, NULL},
    {"said", said, METH_O, NULL},
    {"measure", measure, METH_O, NULL},
    {"released", (PyCFunction)(void (*)(void))released, METH_FASTCALL, NULL},
    {"response", (PyCFunction)(void (*)(void))response, METH_FASTCALL, NULL},
    {0},
};

static int set_up(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    fill_token_characters();
    if (keep_usual_names(state) < 0 || keep_copied_names(state) < 0)
        return -1;
    state->no_bytes = PyBytes_FromStringAndSize(NULL, 0);
    state->zero = PyLong_FromLong(0);
    state->one = PyLong_FromLong(1);
    if (state->no_bytes == NULL || state->zero == NULL || state->one == NULL || keep_arrival_names(state) < 0)
        return -1;
    return keep_request_names(state);
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    struct state *state = PyModule_GetState(module);

    Py_VISIT(state->request);
    Py_VISIT(state->ordinary);
    Py_VISIT(state->response);
    Py_VISIT(state->address);
    Py_VISIT(state->uri);
    Py_VISIT(state->delivery.class);
    Py_VISIT(state->subscription.class);
    Py_VISIT(state->dialog.class);
    Py_VISIT(state->target.class);
    Py_VISIT(state->view.class);
    Py_VISIT(state->transaction.class);
    Py_VISIT(state->flow.class);
    Py_VISIT(state->incoming.class);
    Py_VISIT(state->hop);
    Py_VISIT(state->server);
    Py_VISIT(state->client);
    Py_VISIT(state->trying);
    Py_VISIT(state->completed);
    Py_VISIT(state->ended);
    return 0;
}

static int clear(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    forget_names(state);
    for (int at = 0; at < USUAL; at++)
        Py_CLEAR(state->usual[at]);
    for (int at = 0; at < SCHEMES; at++)
        Py_CLEAR(state->schemes[at]);
    Py_CLEAR(state->nothing);
    for (int at = 0; at < COPIED; at++)
        Py_CLEAR(state->copied[at]);
    Py_CLEAR(state->delivery.class);
    Py_CLEAR(state->subscription.class);
    Py_CLEAR(state->dialog.class);
    Py_CLEAR(state->target.class);
    Py_CLEAR(state->view.class);
    Py_CLEAR(state->transaction.class);
    Py_CLEAR(state->flow.class);
    Py_CLEAR(state->incoming.class);
    Py_CLEAR(state->hop);
    Py_CLEAR(state->server);
    Py_CLEAR(state->client);
    Py_CLEAR(state->trying);
    Py_CLEAR(state->completed);
    Py_CLEAR(state->ended);
    for (int at = 0; at < METHODS; at++)
        Py_CLEAR(state->methods[at]);
    Py_CLEAR(state->maddr);
    Py_CLEAR(state->record_route);
    Py_CLEAR(state->via);
    Py_CLEAR(state->zero);
    Py_CLEAR(state->one);
    Py_CLEAR(state->no_bytes);
    for (int at = 0; at < REQUEST_NAMES; at++)
        Py_CLEAR(state->request_names[at]);
    return 0;
}

static void release(void *module)
{
    clear(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, set_up}, {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hereabouts.native.messages",
    .m_size = sizeof(struct state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit_messages(void)
{
    return PyModuleDef_Init(&definition);
}
