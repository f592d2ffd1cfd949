/* Elements, from the outermost to the root that has all others in it. */
#include "trees.h"

/* Whether this is what sets elements apart. */
static bool is_white_space(struct span text)
{
    for (size_t at = 0; at < text.length; at++)
        if (!(character_classes[(unsigned char)text.text[at]] & BLANK))
            return false;
    return true;
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

static void forget_spaces(struct builder *builder, int first)
{
    while (builder->space_count > first)
        Py_DECREF(builder->spaces[--builder->space_count].uri);
}

static enum outcome close_element(struct builder *builder)
{
    struct element *element = &builder->opened[builder->depth - 1];
    bool has_children = builder->node_count > element->first;

    if (has_children && !is_white_space(gathered(builder)))
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
    forget_spaces(builder, element->first_space);
    return READ;
}

enum outcome read_end(struct builder *builder)
{
    struct span tag = builder->opened[builder->depth - 1].tag;

    builder->at += sizeof "</" - 1;
    if (strncmp(builder->at, tag.text, tag.length) != 0)
        return UNUSUAL;
    builder->at += tag.length;
    pass_blanks(builder);
    return pass(builder, ">") ? close_element(builder) : UNUSUAL;
}

static enum outcome name_element(struct builder *builder, struct element *element,
                                 struct name name)
{
    element->namespace = find_space(builder, name.prefix);
    if (element->namespace == NULL)
        return UNUSUAL;
    element->name = word(builder->state, name.local);
    return element->name ? READ : FAILED;
}

/* Begins an element, for which there is room, behind its `<`. */
static enum outcome open_element(struct builder *builder)
{
    struct element *element = &builder->opened[builder->depth++];
    struct name name;

    *element = (struct element){.tag.text = builder->at,
                                .first = builder->node_count,
                                .first_space = builder->space_count};
    if (!read_name(builder, &name))
        return UNUSUAL;
    element->tag.length = (size_t)(builder->at - element->tag.text);
    enum outcome outcome = read_attributes(builder, element);

    if (outcome == READ) /* after those, as prefixes are noted in this order */
        outcome = name_element(builder, element, name);
    builder->length = 0; /* it was for values */
    return outcome;
}

enum outcome read_start(struct builder *builder)
{
    if (builder->depth >= builder->deepest || !is_white_space(gathered(builder)))
        return UNUSUAL;
    builder->at += sizeof "<" - 1;
    enum outcome outcome = open_element(builder);

    if (outcome == READ && pass(builder, "/>"))
        return close_element(builder);
    if (outcome == READ && !pass(builder, ">"))
        return UNUSUAL;
    return outcome;
}

static PyObject *prefix_pair(struct builder *builder, struct space *space)
{
    PyObject *prefix = word(builder->state, space->prefix);
    PyObject *pair = prefix ? PyTuple_Pack(2, space->uri, prefix) : NULL;

    Py_XDECREF(prefix);
    return pair;
}

static PyObject *prefixes_of(struct builder *builder)
{
    PyObject *prefixes = PyTuple_New(builder->used_count);

    for (int at = 0; prefixes != NULL && at < builder->used_count; at++) {
        PyObject *pair = prefix_pair(builder, &builder->used[at]);

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
    for (int at = 0; at < builder->used_count; at++)
        Py_DECREF(builder->used[at].uri);
    forget_spaces(builder, 0);
}
