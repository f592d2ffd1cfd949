/* What the files of the module `documents` share: presence documents understood, and written. What
   is not ordinary they give back, and the Python of `presence/pidf` does it.

   A function that makes an object gives a new reference; or NULL, and then either an exception is
   set, or Python decides. */
#ifndef HEREABOUTS_DOCUMENTS_H
#define HEREABOUTS_DOCUMENTS_H

#include "values.h"

/* Beyond these Python decides. */
#define MOST_CHILDREN 64      /* of a kind in one element */
#define MOST_PREFIXES 16      /* of a document that is written */
#define LONGEST_WRITTEN 16384 /* bytes */
#define LONGEST_DECLARED 2048 /* bytes of all declarations of prefixes */
#define DEEPEST 32            /* elements in each other */

enum kind { TREE, NODE, ATTRIBUTE, DOCUMENT, TUPLE, PERSON, DEVICE, NOTE, CONTACT, KINDS };

/* The fields of each, in their order. */
enum { TREE_ROOT, TREE_PREFIXES };
enum { NODE_NAMESPACE, NODE_NAME, NODE_ATTRIBUTES, NODE_TEXT, NODE_CHILDREN, NODE_TAIL };
enum { ATTRIBUTE_NAMESPACE, ATTRIBUTE_NAME, ATTRIBUTE_VALUE };
enum {
    DOCUMENT_ENTITY, DOCUMENT_TUPLES, DOCUMENT_PERSONS, DOCUMENT_DEVICES, DOCUMENT_NOTES,
    DOCUMENT_OTHERS, DOCUMENT_PREFIXES,
};
enum {
    TUPLE_ID, TUPLE_BASIC, TUPLE_STATUS, TUPLE_EXTENSIONS, TUPLE_CONTACT, TUPLE_NOTES,
    TUPLE_TIMESTAMP,
};
enum { PERSON_ID, PERSON_EXTENSIONS, PERSON_NOTES, PERSON_TIMESTAMP };
enum { DEVICE_ID, DEVICE_DEVICE_ID, DEVICE_EXTENSIONS, DEVICE_NOTES, DEVICE_TIMESTAMP };
enum { NOTE_TEXT, NOTE_LANGUAGE };
enum { CONTACT_URI, CONTACT_PRIORITY };

struct state {
    struct shape shapes[KINDS];
    PyObject *open; /* what `basic` may be */
    PyObject *closed;
    PyObject *prefixes; /* a dictionary: the prefixes that are fixed, by their namespaces */
    PyObject *data_model; /* the namespace */
    PyObject *no_text;
    PyObject *none; /* a tuple */
};

/* Learns a class from its fields; -1 with an exception set. */
int learn_kind(struct state *state, enum kind kind, PyObject *class);
void forget_shapes(struct state *state);

/* Whether this is such an object, each field of it a text, a tuple or whatever else it is meant
   to be: what C reads it takes as it is. */
bool is_whole(const struct state *state, enum kind kind, PyObject *object);

/* A field of a whole object, borrowed. */
static inline PyObject *field(const struct state *state, enum kind kind, PyObject *object, int at)
{
    return *place_in(&state->shapes[kind], object, at);
}

/* An object of its fields, which it takes over; NULL if one of them is NULL. */
PyObject *made(const struct state *state, enum kind kind, PyObject *const *fields);

static inline bool is_text(PyObject *text, struct span expected)
{
    return PyUnicode_IS_COMPACT_ASCII(text) && is_same(span_of(text), expected);
}

#define SPAN(text) ((struct span){text, sizeof text - 1})
#define PIDF SPAN("urn:ietf:params:xml:ns:pidf")
#define DATA_MODEL SPAN("urn:ietf:params:xml:ns:pidf:data-model")
#define XML SPAN("http://www.w3.org/XML/1998/namespace")

/* The value of an attribute, borrowed, or NULL. */
PyObject *attribute_of(const struct state *state, PyObject *node, struct span namespace,
                       struct span name);

/* Whether a text is what its name says, without a doubt. */
bool is_identifier(PyObject *text);
bool is_language(PyObject *text);
bool is_priority(PyObject *text);
bool is_date(PyObject *text);

/* What is written, in UTF-8. */
struct page {
    char *text;
    size_t length;
    size_t room;
    bool is_usual; /* false once something did not fit in, or is Python's to write */
};

void put(struct page *page, struct span text);
void put_string(struct page *page, PyObject *text);  /* as it is: a name */
void put_text(struct page *page, PyObject *text);    /* escaped, between elements */
void put_value(struct page *page, PyObject *text);   /* escaped, and in quotes */
static inline void put_word(struct page *page, const char *word)
{
    put(page, (struct span){word, strlen(word)});
}

/* A namespace that a written document has used, and its prefix. */
struct prefix {
    PyObject *namespace; /* borrowed */
    struct span text;
    char room[8]; /* for one of our own */
};

/* All of them, in the order of their first use. */
struct prefixes {
    const struct state *state;
    PyObject *wanted; /* pairs of namespaces and the prefixes that the publisher has for them */
    struct prefix given[MOST_PREFIXES];
    int count;
    int numbers; /* how many are our own */
};

/* Writes the prefix of a namespace, and a colon. */
void put_prefix(struct page *page, struct prefixes *prefixes, PyObject *namespace);

/* Makes sure of it, as one may be declared before it is used. */
void use_prefix(struct page *page, struct prefixes *prefixes, PyObject *namespace);
void put_declarations(struct page *page, const struct prefixes *prefixes);

PyObject *understand(PyObject *module, PyObject *tree);
PyObject *compose(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *write_document(PyObject *module, PyObject *document);
PyObject *write_timeless(PyObject *module, PyObject *document);

#endif
