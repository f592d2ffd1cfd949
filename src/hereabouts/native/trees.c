/* `hereabouts.native.trees`: an ordinary document made into nodes.

   `interface.py` beside this file says what each function gives. */
#include "trees.h"

static void forget_classes(struct state *state)
{
    Py_CLEAR(state->tree);
    Py_CLEAR(state->node);
    Py_CLEAR(state->attribute);
}

static PyObject *prepare(PyObject *module, PyObject *arguments)
{
    struct state *state = PyModule_GetState(module);
    PyObject *tree, *node, *attribute;

    if (!PyArg_ParseTuple(arguments, "OOO:prepare", &tree, &node, &attribute))
        return NULL;
    forget_classes(state);
    state->tree = Py_NewRef(tree);
    state->node = Py_NewRef(node);
    state->attribute = Py_NewRef(attribute);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"prepare", prepare, METH_VARARGS, NULL},
    {"read", (PyCFunction)(void (*)(void))read_tree, METH_FASTCALL, NULL},
    {0},
};

static int begin(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    fill_character_classes();
    state->no_text = PyUnicode_FromString("");
    state->none = PyTuple_New(0);
    state->xml_namespace = PyUnicode_FromString("http://www.w3.org/XML/1998/namespace");
    return state->no_text && state->none && state->xml_namespace ? 0 : -1;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    struct state *state = PyModule_GetState(module);

    Py_VISIT(state->tree);
    Py_VISIT(state->node);
    Py_VISIT(state->attribute);
    return 0;
}

static int clear(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    forget_classes(state);
    for (int at = 0; at < WORDS; at++)
        Py_CLEAR(state->words[at]);
    Py_CLEAR(state->no_text);
    Py_CLEAR(state->none);
    Py_CLEAR(state->xml_namespace);
    return 0;
}

static void release(void *module)
{
    clear(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, begin}, {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hereabouts.native.trees",
    .m_size = sizeof(struct state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit_trees(void)
{
    return PyModuleDef_Init(&definition);
}
