/* `hereabouts.native.datagrams`: many datagrams a system call.

   `interface.py` beside this file says what each function gives. */
#include "datagrams.h"

static PyMethodDef functions[] = {
    {"receive", receive, METH_VARARGS, NULL},
    {"send", send_packets, METH_VARARGS, NULL},
    {0},
};

static int begin(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    state->host = PyUnicode_InternFromString("host");
    state->port = PyUnicode_InternFromString("port");
    return state->host && state->port ? 0 : -1;
}

static void release(void *module)
{
    struct state *state = PyModule_GetState(module);

    PyMem_RawFree(state->room);
    state->room = NULL;
    Py_CLEAR(state->host);
    Py_CLEAR(state->port);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, begin}, {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hereabouts.native.datagrams",
    .m_size = sizeof(struct state),
    .m_methods = functions,
    .m_slots = slots,
    .m_free = release,
};

PyMODINIT_FUNC PyInit_datagrams(void)
{
    return PyModuleDef_Init(&definition);
}
