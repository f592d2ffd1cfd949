/* Elements, from the outermost to the root that has all others in it. */
#include "trees.h"

/* Whether this is what sets elements apart. */
static bool is_white_space(struct span text)
{
    for (size_t at = 0; at < text.length; at++)
        if (strchr(" \t\r\n", text.text[at]) == NULL)
            return false;
    return true;
}

static struct span text_of(struct builder *builder)
{
    return (struct span){builder->text, builder->length};
}

static PyObject *string_of(struct builder *builder)
{
    if (builder->length == 0)
        return Py_NewRef(builder->state->no_text);
    return PyUnicode_DecodeUTF8(builder->text, (Py_ssize_t)builder->length, NULL);
}

enum outcome add_text(struct builder *builder, struct span text)
{
    if (text.length > LONGEST_TEXT - builder->length)
        return UNUSUAL;
    memcpy(builder->text + builder->length, text.text, text.length);
    builder->length += text.length;
    return READ;
}

/* Puts an attribute into its place. */
static enum outcome read_attribute(struct builder *builder, PyObject *attributes, Py_ssize_t at,
                                   const char *full_name, const char *given)
{
    PyObject *namespace, *name, *value = NULL, *attribute = NULL;
    enum outcome outcome = read_name(builder, full_name, &namespace, &name);

    if (outcome != READ)
        return outcome;
    value = PyUnicode_DecodeUTF8(given, (Py_ssize_t)strlen(given), NULL);
    if (value != NULL) {
        PyObject *parts[] = {namespace, name, value};

        attribute = PyObject_Vectorcall(builder->state->attribute, parts, 3, NULL);
    }
    Py_DECREF(name);
    Py_XDECREF(value);
    if (attribute == NULL)
        return FAILED;
    PyTuple_SET_ITEM(attributes, at, attribute); /* takes the reference */
    return READ;
}

static enum outcome read_attributes(struct builder *builder, struct element *element,
                                    const char **given)
{
    enum outcome outcome = READ;
    Py_ssize_t count = 0;

    while (given[2 * count] != NULL)
        count++;
    if (count == 0) {
        element->attributes = Py_NewRef(builder->state->none);
        return READ;
    }
    element->attributes = PyTuple_New(count);
    if (element->attributes == NULL)
        return FAILED;
    for (Py_ssize_t at = 0; outcome == READ && at < count; at++)
        outcome = read_attribute(builder, element->attributes, at, given[2 * at],
                                 given[2 * at + 1]);
    return outcome;
}

enum outcome open_element(struct builder *builder, const char *full_name, const char **attributes)
{
    struct element *element = &builder->opened[builder->depth];

    if (builder->depth >= builder->deepest || !is_white_space(text_of(builder)))
        return UNUSUAL;
    builder->length = 0;
    *element = (struct element){.first = builder->node_count};
    builder->depth++;
    enum outcome outcome = read_attributes(builder, element, attributes);

    if (outcome == READ) /* after those, as prefixes are noted in this order */
        outcome = read_name(builder, full_name, &element->namespace, &element->name);
    return outcome;
}

/* Takes the last nodes, as a tuple. */
static PyObject *take_nodes(struct builder *builder, int count)
{
    PyObject *nodes = PyTuple_New(count);

    if (nodes == NULL)
        return NULL;
    builder->node_count -= count;
    for (int at = 0; at < count; at++)
        PyTuple_SET_ITEM(nodes, at, builder->nodes[builder->node_count + at]);
    return nodes;
}

static PyObject *make_node(struct builder *builder, struct element *element, PyObject *text,
                           PyObject *children)
{
    PyObject *parts[] = {element->namespace, element->name, element->attributes, text, children};

    return PyObject_Vectorcall(builder->state->node, parts, 5, NULL);
}

/* An element without others in it, or with nothing but others. */
static PyObject *node_of(struct builder *builder, struct element *element)
{
    struct state *state = builder->state;
    int count = builder->node_count - element->first;
    PyObject *node = NULL;

    if (count > 0) {
        PyObject *children = take_nodes(builder, count);

        if (children != NULL)
            node = make_node(builder, element, state->no_text, children);
        Py_XDECREF(children);
    } else {
        PyObject *text = string_of(builder);

        if (text != NULL)
            node = make_node(builder, element, text, state->none);
        Py_XDECREF(text);
    }
    return node;
}

enum outcome close_element(struct builder *builder)
{
    struct element *element = &builder->opened[builder->depth - 1];
    bool has_children = builder->node_count > element->first;

    if (has_children && !is_white_space(text_of(builder)))
        return UNUSUAL; /* text between elements */
    if (!has_children && builder->node_count == MOST_NODES)
        return UNUSUAL;
    PyObject *node = node_of(builder, element);

    if (node == NULL)
        return FAILED;
    builder->length = 0;
    builder->depth--;
    builder->nodes[builder->node_count++] = node; /* takes the reference */
    Py_DECREF(element->name);
    Py_DECREF(element->attributes);
    return READ;
}

static PyObject *prefixes_of(struct builder *builder)
{
    PyObject *prefixes = PyTuple_New(builder->used_count);

    for (int at = 0; prefixes != NULL && at < builder->used_count; at++) {
        PyObject *pair = PyTuple_Pack(2, builder->used[at]->uri, builder->used[at]->prefix);

        if (pair == NULL)
            Py_CLEAR(prefixes);
        else
            PyTuple_SET_ITEM(prefixes, at, pair);
    }
    return prefixes;
}

PyObject *tree_of(struct builder *builder)
{
    PyObject *prefixes = prefixes_of(builder);

    if (prefixes == NULL)
        return NULL;
    PyObject *parts[] = {builder->nodes[0], prefixes};
    PyObject *tree = PyObject_Vectorcall(builder->state->tree, parts, 2, NULL);

    Py_DECREF(prefixes);
    return tree;
}

void release_builder(struct builder *builder)
{
    for (int at = 0; at < builder->depth; at++) {
        Py_XDECREF(builder->opened[at].name);
        Py_XDECREF(builder->opened[at].attributes);
    }
    for (int at = 0; at < builder->node_count; at++)
        Py_DECREF(builder->nodes[at]);
    for (int at = 0; at < builder->space_count; at++) {
        Py_XDECREF(builder->spaces[at].uri);
        Py_XDECREF(builder->spaces[at].prefix);
    }
}
