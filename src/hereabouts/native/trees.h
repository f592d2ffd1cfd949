/* What the files of the module `trees` share. They build what `base/xml.py` builds, of what the
   same expat tells; a document that is not ordinary they give back, and Python reads it. */
#ifndef HEREABOUTS_TREES_H
#define HEREABOUTS_TREES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <expat.h>
#include <pyexpat.h> /* wants expat.h before it */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Beyond these Python reads. */
#define LONGEST 65536     /* bytes of a document */
#define DEEPEST 32        /* elements */
#define MOST_NODES 256    /* elements that wait for the end of their parent */
#define MOST_SPACES 16    /* namespaces of a document */
#define LONGEST_TEXT 4096 /* bytes of an element's text */

#define LONGEST_WORD 128 /* bytes of a name that is kept ready: nobody can fill the memory with it */
#define WORDS 512        /* a power of two, and far more than usual documents have names */
#define SEPARATOR '\x01' /* between namespace and name: a character that no XML can hold */
#define XML_NAMESPACE "http://www.w3.org/XML/1998/namespace"

struct state {
    const struct PyExpat_CAPI *expat;
    unsigned long salt;
    PyObject *words[WORDS]; /* names met of late, each in the one place it can have; or NULL */
    PyObject *no_text;
    PyObject *none; /* a tuple */
    PyObject *tree; /* the classes; NULL before `prepare` */
    PyObject *node;
    PyObject *attribute;
};

/* What became of something that is read. */
enum outcome {
    FAILED = -1, /* an exception is set */
    UNUSUAL,     /* Python decides */
    READ,
};

struct span {
    const char *text;
    size_t length;
};

/* A namespace, and the only prefix that the document has for it. */
struct space {
    PyObject *uri;
    PyObject *prefix; /* empty: it is the default */
    struct span text; /* of the URI */
    bool is_used;     /* by a name with the prefix */
};

/* An element whose end has not come yet. */
struct element {
    PyObject *namespace; /* borrowed, of a space */
    PyObject *name;
    PyObject *attributes;
    int first; /* the place of its first child among the nodes */
};

/* What is built of a document. */
struct builder {
    struct state *state;
    enum outcome outcome;
    int deepest, depth, node_count, space_count, used_count;
    size_t length;
    struct element opened[DEEPEST];
    PyObject *nodes[MOST_NODES]; /* children of what is open */
    struct space spaces[MOST_SPACES];
    struct space *used[MOST_SPACES]; /* in the order of their first use */
    char text[LONGEST_TEXT];         /* since the last tag */
};

/* A string of this text in UTF-8, a known one if it is a usual word; a new reference. */
PyObject *word(struct state *state, struct span text);

enum outcome add_space(struct builder *builder, const char *prefix, const char *uri);

/* The namespace, borrowed, and the name, a new reference, in what expat calls a name. */
enum outcome read_name(struct builder *builder, const char *full_name, PyObject **namespace,
                       PyObject **name);

enum outcome open_element(struct builder *builder, const char *full_name, const char **attributes);
enum outcome close_element(struct builder *builder);
enum outcome add_text(struct builder *builder, struct span text);

/* The tree of a document that has ended. */
PyObject *tree_of(struct builder *builder);

/* Lets go of all that is held; the builder is of no use after it. */
void release_builder(struct builder *builder);

PyObject *read_tree(PyObject *module, PyObject *const *given, Py_ssize_t count);

#endif
