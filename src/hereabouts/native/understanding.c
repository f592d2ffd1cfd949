/* A tree made into a presence document, as `presence/pidf/reader.py` does it. */
#include "documents.h"

/* Values of which a tuple is made. */
struct row {
    PyObject *items[MOST_CHILDREN];
    int count;
};

/* What is known while a document is read. */
struct reading {
    const struct state *state;
    PyObject *identifiers[3 * MOST_CHILDREN]; /* borrowed: those of occurrences so far */
    int count;
};

/* Takes a value over; after NULL, or one too many, the tuple is NULL. */
static void add(struct row *row, PyObject *item)
{
    if (row->count < MOST_CHILDREN) {
        row->items[row->count++] = item;
        return;
    }
    Py_CLEAR(row->items[0]);
    Py_XDECREF(item);
}

static PyObject *taken(const struct row *row)
{
    return tuple_of(row->items, row->count);
}

static Py_ssize_t count_of(const struct state *state, PyObject *node)
{
    return PyTuple_GET_SIZE(field(state, NODE, node, NODE_CHILDREN));
}

/* A child, borrowed. */
static PyObject *child(const struct state *state, PyObject *node, Py_ssize_t at)
{
    return PyTuple_GET_ITEM(field(state, NODE, node, NODE_CHILDREN), at);
}

static bool is_named(const struct state *state, PyObject *node, struct span namespace,
                     struct span name)
{
    return is_text(field(state, NODE, node, NODE_NAME), name) &&
           is_text(field(state, NODE, node, NODE_NAMESPACE), namespace);
}

/* Whether all of its children are nodes. */
static bool is_family(const struct state *state, PyObject *node)
{
    for (Py_ssize_t at = 0; at < count_of(state, node); at++)
        if (!is_whole(state, NODE, child(state, node, at)))
            return false;
    return true;
}

/* The first child of this name, borrowed, or NULL. */
static PyObject *first(const struct state *state, PyObject *node, struct span namespace,
                       struct span name)
{
    for (Py_ssize_t at = 0; at < count_of(state, node); at++)
        if (is_named(state, child(state, node, at), namespace, name))
            return child(state, node, at);
    return NULL;
}

static bool is_occurrence(const struct state *state, PyObject *node)
{
    return is_named(state, node, DATA_MODEL, SPAN("person")) ||
           is_named(state, node, DATA_MODEL, SPAN("device"));
}

/* Whether a node is of another namespace than none and this one. */
static bool is_foreign(const struct state *state, PyObject *node, struct span own)
{
    PyObject *namespace = field(state, NODE, node, NODE_NAMESPACE);

    return !is_text(namespace, SPAN("")) && !is_text(namespace, own);
}

static PyObject *foreign(const struct state *state, PyObject *node, struct span own)
{
    struct row row;

    row.count = 0;
    for (Py_ssize_t at = 0; at < count_of(state, node); at++) {
        PyObject *each = child(state, node, at);

        if (is_foreign(state, each, own))
            add(&row, Py_NewRef(each));
    }
    return taken(&row);
}

/* Without white space around it, as Python knows it. */
static PyObject *stripped(PyObject *text)
{
    if (is_ascii(text)) {
        struct span given = span_of(text);

        if (given.length == 0 || (given.text[0] > ' ' && given.text[given.length - 1] > ' '))
            return Py_NewRef(text);
    }
    return PyErr_Occurred() ? NULL : PyObject_CallMethod(text, "strip", NULL);
}

/* The stripped text of a node; empty if there is no node. */
static PyObject *text_in(const struct state *state, PyObject *node)
{
    return node ? stripped(field(state, NODE, node, NODE_TEXT)) : Py_NewRef(state->no_text);
}

/* The value, which is let go if it is not what it must be. */
static PyObject *checked(PyObject *value, bool (*is_right)(PyObject *))
{
    if (value != NULL && PyUnicode_GET_LENGTH(value) > 0 && !is_right(value))
        Py_CLEAR(value);
    return value;
}

static PyObject *language_of(const struct state *state, PyObject *node, PyObject *inherited)
{
    PyObject *given = attribute_of(state, node, XML, SPAN("lang"));

    if (given == NULL)
        return Py_NewRef(inherited);
    return is_language(given) ? Py_NewRef(given) : NULL;
}

static PyObject *notes_of(const struct state *state, PyObject *node, struct span namespace,
                          PyObject *language)
{
    struct row row;

    row.count = 0;
    for (Py_ssize_t at = 0; at < count_of(state, node); at++) {
        PyObject *each = child(state, node, at);

        if (is_named(state, each, namespace, SPAN("note"))) {
            PyObject *parts[] = {Py_NewRef(field(state, NODE, each, NODE_TEXT)),
                                 language_of(state, each, language)};

            add(&row, made(state, NOTE, parts));
        }
    }
    return taken(&row);
}

static PyObject *date_of(const struct state *state, PyObject *node, struct span namespace)
{
    return checked(text_in(state, first(state, node, namespace, SPAN("timestamp"))), is_date);
}

static PyObject *contact_of(const struct state *state, PyObject *node)
{
    PyObject *given = first(state, node, PIDF, SPAN("contact"));

    if (given == NULL)
        return Py_NewRef(Py_None);
    PyObject *priority = attribute_of(state, given, SPAN(""), SPAN("priority"));
    PyObject *parts[] = {
        text_in(state, given),
        checked(priority ? stripped(priority) : Py_NewRef(state->no_text), is_priority),
    };

    if (parts[0] != NULL && PyUnicode_GET_LENGTH(parts[0]) == 0)
        Py_CLEAR(parts[0]); /* it is none */
    return made(state, CONTACT, parts);
}

/* Open or closed, in just these words; None where only others tell. */
static PyObject *basic_of(const struct state *state, PyObject *status)
{
    PyObject *given = first(state, status, PIDF, SPAN("basic"));

    if (given == NULL)
        return count_of(state, status) > 0 ? Py_NewRef(Py_None) : NULL;
    PyObject *text = field(state, NODE, given, NODE_TEXT);

    if (is_text(text, SPAN("open")))
        return Py_NewRef(state->open);
    return is_text(text, SPAN("closed")) ? Py_NewRef(state->closed) : NULL;
}

/* The identifier of an occurrence, which no other has. */
static PyObject *identifier_of(struct reading *reading, PyObject *node)
{
    PyObject *given = attribute_of(reading->state, node, SPAN(""), SPAN("id"));

    if (given == NULL || !is_identifier(given))
        return NULL;
    for (int at = 0; at < reading->count; at++)
        if (is_text(reading->identifiers[at], span_of(given)))
            return NULL;
    if (reading->count == 3 * MOST_CHILDREN)
        return NULL;
    reading->identifiers[reading->count++] = given;
    return Py_NewRef(given);
}

static PyObject *tuple_in(struct reading *reading, PyObject *node, PyObject *language)
{
    const struct state *state = reading->state;
    PyObject *status = first(state, node, PIDF, SPAN("status"));

    if (status == NULL || !is_family(state, status))
        return NULL;
    PyObject *others = foreign(state, status, PIDF), *basic = basic_of(state, status);

    if (basic == Py_None && others != NULL && PyTuple_GET_SIZE(others) == 0)
        Py_CLEAR(basic);
    return made(state, TUPLE,
                (PyObject *[]){identifier_of(reading, node), basic, others,
                               foreign(state, node, PIDF), contact_of(state, node),
                               notes_of(state, node, PIDF, language), date_of(state, node, PIDF)});
}

static PyObject *person_in(struct reading *reading, PyObject *node, PyObject *language)
{
    const struct state *state = reading->state;

    return made(state, PERSON,
                (PyObject *[]){identifier_of(reading, node), foreign(state, node, DATA_MODEL),
                               notes_of(state, node, DATA_MODEL, language),
                               date_of(state, node, DATA_MODEL)});
}

static PyObject *device_in(struct reading *reading, PyObject *node, PyObject *language)
{
    const struct state *state = reading->state;
    PyObject *given = text_in(state, first(state, node, DATA_MODEL, SPAN("deviceID")));

    if (given != NULL && PyUnicode_GET_LENGTH(given) == 0)
        Py_CLEAR(given); /* it does not say which one it is */
    return made(state, DEVICE,
                (PyObject *[]){identifier_of(reading, node), given,
                               foreign(state, node, DATA_MODEL),
                               notes_of(state, node, DATA_MODEL, language),
                               date_of(state, node, DATA_MODEL)});
}

/* All occurrences of a kind. */
static PyObject *occurrences(struct reading *reading, PyObject *root, PyObject *language,
                             struct span namespace, struct span name,
                             PyObject *(*read)(struct reading *, PyObject *, PyObject *))
{
    const struct state *state = reading->state;
    struct row row;

    row.count = 0;
    for (Py_ssize_t at = 0; at < count_of(state, root); at++) {
        PyObject *node = child(state, root, at);

        if (is_named(state, node, namespace, name)) {
            PyObject *own = is_family(state, node) ? language_of(state, node, language) : NULL;

            add(&row, own ? read(reading, node, own) : NULL);
            Py_XDECREF(own);
        }
    }
    return taken(&row);
}

/* Elements of other namespaces beside the occurrences. */
static PyObject *others_of(const struct state *state, PyObject *root)
{
    struct row row;

    row.count = 0;
    for (Py_ssize_t at = 0; at < count_of(state, root); at++) {
        PyObject *each = child(state, root, at);

        if (is_foreign(state, each, PIDF) && !is_occurrence(state, each))
            add(&row, Py_NewRef(each));
    }
    return taken(&row);
}

/* The prefixes that are not fixed, as the publisher has chosen them. */
static PyObject *chosen_prefixes(const struct state *state, PyObject *tree)
{
    PyObject *all = field(state, TREE, tree, TREE_PREFIXES);
    struct row row;

    row.count = 0;
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(all); at++) {
        PyObject *pair = PyTuple_GET_ITEM(all, at);
        int is_fixed = PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2
                           ? PyDict_Contains(state->prefixes, PyTuple_GET_ITEM(pair, 0))
                           : -1;

        if (is_fixed <= 0)
            add(&row, is_fixed < 0 ? NULL : Py_NewRef(pair));
    }
    return taken(&row);
}

/* What `presence` is about. */
static PyObject *entity_of(const struct state *state, PyObject *root)
{
    PyObject *given = attribute_of(state, root, SPAN(""), SPAN("entity"));
    PyObject *entity = given ? stripped(given) : NULL;

    if (entity != NULL && PyUnicode_GET_LENGTH(entity) == 0)
        Py_CLEAR(entity);
    return entity;
}

static PyObject *document_of(const struct state *state, PyObject *tree, PyObject *language)
{
    PyObject *root = field(state, TREE, tree, TREE_ROOT);
    struct reading reading;

    reading.state = state;
    reading.count = 0;
    PyObject *parts[] = {
        entity_of(state, root),
        occurrences(&reading, root, language, PIDF, SPAN("tuple"), tuple_in),
        occurrences(&reading, root, language, DATA_MODEL, SPAN("person"), person_in),
        occurrences(&reading, root, language, DATA_MODEL, SPAN("device"), device_in),
        notes_of(state, root, PIDF, language),
        others_of(state, root),
        chosen_prefixes(state, tree),
    };

    return made(state, DOCUMENT, parts);
}

/* `None`: Python decides. */
PyObject *understand(PyObject *module, PyObject *tree)
{
    const struct state *state = PyModule_GetState(module);

    if (!is_whole(state, TREE, tree))
        Py_RETURN_NONE;
    PyObject *root = field(state, TREE, tree, TREE_ROOT), *document = NULL;

    if (!is_whole(state, NODE, root) || !is_named(state, root, PIDF, SPAN("presence")) ||
        !is_family(state, root))
        Py_RETURN_NONE;
    PyObject *language = language_of(state, root, state->no_text);

    if (language != NULL)
        document = document_of(state, tree, language);
    Py_XDECREF(language);
    return document || PyErr_Occurred() ? document : Py_NewRef(Py_None);
}
