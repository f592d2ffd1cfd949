/* `hereabouts.native.documents`: an ordinary presence document understood, composed, and
   written.

   `interface.py` beside this file says what each function gives. */
#include "documents.h"

static PyObject *prepare(PyObject *module, PyObject *arguments)
{
    struct state *state = PyModule_GetState(module);
    PyObject *classes, *open, *closed, *prefixes;

    if (!PyArg_ParseTuple(arguments, "O!OOO!:prepare", &PyTuple_Type, &classes, &open, &closed,
                          &PyDict_Type, &prefixes))
        return NULL;
    if (PyTuple_GET_SIZE(classes) != KINDS) {
        PyErr_Format(PyExc_TypeError, "documents are made of %d classes", KINDS);
        return NULL;
    }
    for (int kind = 0; kind < KINDS; kind++)
        if (learn_kind(state, kind, PyTuple_GET_ITEM(classes, kind)) < 0)
            return NULL;
    Py_XSETREF(state->open, Py_NewRef(open));
    Py_XSETREF(state->closed, Py_NewRef(closed));
    Py_XSETREF(state->prefixes, PyDict_Copy(prefixes));
    if (state->prefixes == NULL)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"prepare", prepare, METH_VARARGS, NULL},
    {"understand", understand, METH_O, NULL},
    {"compose", (PyCFunction)(void (*)(void))compose, METH_FASTCALL, NULL},
    {"write", write_document, METH_O, NULL},
    {"write_timeless", write_timeless, METH_O, NULL},
    {0},
};

static int begin(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    state->data_model = PyUnicode_FromString(DATA_MODEL.text);
    state->no_text = PyUnicode_FromString("");
    state->none = PyTuple_New(0);
    return state->data_model && state->no_text && state->none ? 0 : -1;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    struct state *state = PyModule_GetState(module);

    for (int kind = 0; kind < KINDS; kind++)
        Py_VISIT(state->shapes[kind].class);
    Py_VISIT(state->open);
    Py_VISIT(state->closed);
    Py_VISIT(state->prefixes);
    return 0;
}

static int clear(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    forget_shapes(state);
    Py_CLEAR(state->open);
    Py_CLEAR(state->closed);
    Py_CLEAR(state->prefixes);
    Py_CLEAR(state->data_model);
    Py_CLEAR(state->no_text);
    Py_CLEAR(state->none);
    return 0;
}

static void release(void *module)
{
    clear(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, begin}, {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hereabouts.native.documents",
    .m_size = sizeof(struct state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit_documents(void)
{
    return PyModuleDef_Init(&definition);
}
