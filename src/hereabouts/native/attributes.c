/* What a start tag says beside its name: attributes, and what namespaces are meant. */
#include "trees.h"

static enum outcome keep_attribute(struct builder *builder, struct name name)
{
    if (builder->attribute_count == MOST_ATTRIBUTES)
        return UNUSUAL;
    PyObject *value = string_of(builder);

    if (value == NULL)
        return FAILED;
    builder->attributes[builder->attribute_count++] = (struct attribute){name, NULL, value};
    return READ;
}

static enum outcome read_attribute(struct builder *builder)
{
    struct name name;

    if (!read_name(builder, &name))
        return UNUSUAL;
    pass_blanks(builder);
    if (!pass(builder, "="))
        return UNUSUAL;
    pass_blanks(builder);
    if (!read_value(builder))
        return UNUSUAL;
    if (is_called(name.prefix, "xmlns"))
        return declare(builder, name.local);
    if (name.prefix.length == 0 && is_called(name.local, "xmlns"))
        return declare(builder, name.prefix);
    return keep_attribute(builder, name);
}

/* Finds the namespace of an attribute, which has none by default; and whether it is the only one
   of its name. */
static bool resolve(struct builder *builder, struct attribute *attribute)
{
    if (attribute->name.prefix.length == 0)
        attribute->namespace = builder->state->no_text;
    else
        attribute->namespace = find_space(builder, attribute->name.prefix);
    if (attribute->namespace == NULL)
        return false;
    for (struct attribute *other = builder->attributes; other < attribute; other++)
        if (is_same(other->name.local, attribute->name.local) &&
            PyUnicode_Compare(other->namespace, attribute->namespace) == 0)
            return false;
    return true;
}

static PyObject *make_attribute(struct state *state, struct attribute *attribute)
{
    PyObject *name = word(state, attribute->name.local);

    if (name == NULL)
        return NULL;
    PyObject *parts[] = {attribute->namespace, name, attribute->value};
    PyObject *made = PyObject_Vectorcall(state->attribute, parts, 3, NULL);

    Py_DECREF(name);
    return made;
}

/* Now that all namespaces are known: the tuple of what was kept. */
static enum outcome make_attributes(struct builder *builder, struct element *element)
{
    if (builder->attribute_count == 0) {
        element->attributes = Py_NewRef(builder->state->none);
        return READ;
    }
    element->attributes = PyTuple_New(builder->attribute_count);
    if (element->attributes == NULL)
        return FAILED;
    for (int at = 0; at < builder->attribute_count; at++) {
        struct attribute *attribute = &builder->attributes[at];

        if (!resolve(builder, attribute))
            return UNUSUAL;
        PyObject *made = make_attribute(builder->state, attribute);

        if (made == NULL)
            return FAILED;
        PyTuple_SET_ITEM(element->attributes, at, made); /* takes the reference */
    }
    return READ;
}

static void release_attributes(struct builder *builder)
{
    while (builder->attribute_count > 0)
        Py_DECREF(builder->attributes[--builder->attribute_count].value);
}

enum outcome read_attributes(struct builder *builder, struct element *element)
{
    enum outcome outcome = READ;

    while (outcome == READ && pass_blanks(builder) && *builder->at != '>' && *builder->at != '/')
        outcome = read_attribute(builder);
    if (outcome == READ)
        outcome = make_attributes(builder, element);
    release_attributes(builder);
    return outcome;
}
