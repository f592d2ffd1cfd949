/* What the files of the module `trees` share. They build what `base/xml.py` builds, of a document
   that is plain in every part; any other they give back, and Python reads it with expat. So they
   know less of XML than there is, and judge nothing: what they are not sure of is not plain. */
#ifndef HEREABOUTS_TREES_H
#define HEREABOUTS_TREES_H

#include "values.h"

/* Beyond these Python reads. */
#define LONGEST 65536      /* bytes of a document */
#define DEEPEST 32         /* elements */
#define MOST_NODES 256     /* elements that wait for the end of their parent */
#define MOST_SPACES 16     /* namespaces: declared at one place; used with a prefix, in all */
#define MOST_ATTRIBUTES 32 /* of an element */
#define LONGEST_TEXT 4096  /* bytes of an element's text, or of an attribute's value */

#define LONGEST_WORD 128 /* bytes of a name that is kept ready: nobody can fill the memory with it */
#define TELLING 8        /* bytes at its end that choose its place */
#define WORDS 512        /* a power of two, and far more than usual documents have names */

struct state {
    PyObject *words[WORDS]; /* names met of late, each in the one place it can have; or NULL */
    PyObject *no_text;
    PyObject *none;          /* a tuple */
    PyObject *xml_namespace; /* of the prefix `xml` */
    PyObject *tree;          /* the classes; NULL before `prepare` */
    PyObject *node;
    PyObject *attribute;
};

/* What became of something that is read. */
enum outcome {
    FAILED = -1, /* an exception is set */
    UNUSUAL,     /* Python decides */
    READ,
};

static inline bool is_called(struct span name, const char *text)
{
    return is_same(name, (struct span){text, strlen(text)});
}

/* A name as it is written. */
struct name {
    struct span prefix; /* often empty */
    struct span local;
};

/* A namespace, and a prefix for it. */
struct space {
    struct span prefix; /* empty: it is the default */
    PyObject *uri;
};

/* An attribute of a tag that is being read. */
struct attribute {
    struct name name;
    PyObject *namespace; /* borrowed, of a space */
    PyObject *value;
};

/* An element whose end has not come yet. */
struct element {
    struct span tag;     /* its name as it is written */
    PyObject *namespace; /* borrowed, of a space */
    PyObject *name;
    PyObject *attributes;
    int first;       /* the place of its first child among the nodes */
    int first_space; /* and of the first namespace that it declares */
};

/* What is built of a document. */
struct builder {
    struct state *state;
    const char *at; /* what is read next; a NUL, which ends every `bytes`, stops whoever reads */
    int deepest, depth, node_count, space_count, used_count, attribute_count;
    size_t length;
    struct element opened[DEEPEST];
    PyObject *nodes[MOST_NODES];      /* children of what is open */
    struct space spaces[MOST_SPACES]; /* as declared where it is read */
    struct space used[MOST_SPACES];   /* with the prefix of their first use, in this order */
    struct attribute attributes[MOST_ATTRIBUTES];
    char text[LONGEST_TEXT]; /* since the last tag, or of a value */
};

/* Where a byte may stand without a second look. A NUL is in no class. */
enum class {
    BEGINS_NAME = 1,
    IN_NAME = 2,
    IN_TEXT = 4,
    IN_VALUE = 8,
    IN_COMMENT = 16,
    BLANK = 32,
};

extern unsigned char character_classes[256];

void fill_character_classes(void);

/* Functions that pass or read something and give a `bool` say whether it was there, and plain. */

/* Goes past this very text. */
static inline bool pass(struct builder *builder, const char *text)
{
    if (strncmp(builder->at, text, strlen(text)) != 0)
        return false;
    builder->at += strlen(text);
    return true;
}

/* Goes past all of a class; it may be nothing. */
static inline struct span pass_all(struct builder *builder, enum class class)
{
    const char *start = builder->at, *at = start;

    while (character_classes[(unsigned char)*at] & class)
        at++;
    builder->at = at;
    return (struct span){start, (size_t)(at - start)};
}

/* Goes past white space. */
static inline bool pass_blanks(struct builder *builder)
{
    return pass_all(builder, BLANK).length > 0;
}

bool read_name(struct builder *builder, struct name *name);

/* These put what they read into the room for text: what stands before the next tag, and what
   stands in quotes. */
bool read_text(struct builder *builder);
bool read_value(struct builder *builder);

struct span gathered(struct builder *builder);

/* A string of it; a new reference. */
PyObject *string_of(struct builder *builder);

/* A string of this text in UTF-8, a known one if it is a usual word; a new reference. */
PyObject *word(struct state *state, struct span text);

/* The one namespace that needs no declaration. */
void add_xml_space(struct builder *builder);

/* Takes the text for the namespace that this prefix means from here on. */
enum outcome declare(struct builder *builder, struct span prefix);

/* The namespace of this prefix, borrowed; NULL where there is none, or too many are used. */
PyObject *find_space(struct builder *builder, struct span prefix);

/* Reads what stands between the name of an element and the end of the tag. */
enum outcome read_attributes(struct builder *builder, struct element *element);

/* These read a tag from its `<` on. */
enum outcome read_start(struct builder *builder);
enum outcome read_end(struct builder *builder);

/* The tree of a document that has ended. */
PyObject *tree_of(struct builder *builder);

/* Lets go of all that is held; the builder is of no use after it. */
void release_builder(struct builder *builder);

PyObject *read_tree(PyObject *module, PyObject *const *given, Py_ssize_t count);

#endif
