/* `hereabouts.native.trees`: an ordinary document made into nodes, by the expat that Python has.

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

/* Borrows expat from Python. An expat of another version will do: what is used of it has been the
   same in all of version 2. */
static int find_expat(struct state *state)
{
    const struct PyExpat_CAPI *expat = PyCapsule_Import(PyExpat_CAPSULE_NAME, 0);

    if (expat == NULL)
        return -1;
    if (strcmp(expat->magic, PyExpat_CAPI_MAGIC) != 0 || expat->size < (int)sizeof *expat ||
        expat->MAJOR_VERSION != XML_MAJOR_VERSION || expat->SetHashSalt == NULL) {
        PyErr_SetString(PyExc_ImportError, "Python has another expat");
        return -1;
    }
    state->expat = expat;
    return 0;
}

/* A number that no peer can guess, as it hangs on the secret of Python's own hashes: so names that
   share a place in the tables of expat cannot be sent on purpose. */
static int choose_salt(struct state *state)
{
    PyObject *text = PyUnicode_FromString("hereabouts.native.trees");
    Py_hash_t hash = text ? PyObject_Hash(text) : -1;

    Py_XDECREF(text);
    state->salt = (unsigned long)hash;
    return hash == -1 ? -1 : 0;
}

static int begin(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    state->no_text = PyUnicode_FromString("");
    state->none = PyTuple_New(0);
    if (state->no_text == NULL || state->none == NULL || choose_salt(state) < 0)
        return -1;
    return find_expat(state);
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
