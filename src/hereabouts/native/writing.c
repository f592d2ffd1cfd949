/* A presence document on the wire, as `presence/pidf/writer.py` writes it. */
#include "documents.h"

/* A document that is written. */
struct writing {
    const struct state *state;
    struct page page;
    struct prefixes prefixes;
    bool is_timeless;
    int depth; /* of the element at hand, among those of other namespaces */
};

static void put_attribute(struct writing *writing, const char *name, PyObject *value)
{
    put_word(&writing->page, " ");
    put_word(&writing->page, name);
    put_word(&writing->page, "=");
    put_value(&writing->page, value);
}

/* An element with a text, unless that is empty. */
static void put_element(struct writing *writing, const char *name, PyObject *text)
{
    struct page *page = &writing->page;

    if (PyUnicode_GET_LENGTH(text) == 0)
        return;
    put_word(page, "<");
    put_word(page, name);
    put_word(page, ">");
    put_text(page, text);
    put_word(page, "</");
    put_word(page, name);
    put_word(page, ">");
}

static void put_timestamp(struct writing *writing, const char *name, PyObject *text)
{
    if (!writing->is_timeless)
        put_element(writing, name, text);
}

/* Puts each value of a tuple, if it is whole. */
static void put_each(struct writing *writing, enum kind kind, PyObject *values,
                     void (*put_one)(struct writing *, PyObject *))
{
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(values); at++) {
        PyObject *each = PyTuple_GET_ITEM(values, at);

        if (is_whole(writing->state, kind, each))
            put_one(writing, each);
        else
            writing->page.is_usual = false;
    }
}

static void put_extension_attribute(struct writing *writing, PyObject *attribute)
{
    const struct state *state = writing->state;
    PyObject *namespace = field(state, ATTRIBUTE, attribute, ATTRIBUTE_NAMESPACE);

    put_word(&writing->page, " ");
    if (PyUnicode_GET_LENGTH(namespace) > 0)
        put_prefix(&writing->page, &writing->prefixes, namespace);
    put_string(&writing->page, field(state, ATTRIBUTE, attribute, ATTRIBUTE_NAME));
    put_word(&writing->page, "=");
    put_value(&writing->page, field(state, ATTRIBUTE, attribute, ATTRIBUTE_VALUE));
}

/* An element of another namespace. One without a prefix, which is rare, is Python's to write. */
static void put_extension(struct writing *writing, PyObject *node)
{
    const struct state *state = writing->state;
    struct page *page = &writing->page;
    PyObject *namespace = field(state, NODE, node, NODE_NAMESPACE);
    PyObject *name = field(state, NODE, node, NODE_NAME);
    PyObject *text = field(state, NODE, node, NODE_TEXT);
    PyObject *children = field(state, NODE, node, NODE_CHILDREN);

    if (PyUnicode_GET_LENGTH(namespace) == 0 || is_text(namespace, PIDF) ||
        writing->depth == DEEPEST) {
        page->is_usual = false;
        return;
    }
    writing->depth++;
    put_word(page, "<");
    put_prefix(page, &writing->prefixes, namespace);
    put_string(page, name);
    put_each(writing, ATTRIBUTE, field(state, NODE, node, NODE_ATTRIBUTES),
             put_extension_attribute);
    if (PyUnicode_GET_LENGTH(text) + PyTuple_GET_SIZE(children) == 0) {
        put_word(page, "/>");
    } else {
        put_word(page, ">");
        put_text(page, text);
        put_each(writing, NODE, children, put_extension);
        put_word(page, "</");
        put_prefix(page, &writing->prefixes, namespace);
        put_string(page, name);
        put_word(page, ">");
    }
    put_text(page, field(state, NODE, node, NODE_TAIL));
    writing->depth--;
}

static void put_extensions(struct writing *writing, PyObject *nodes)
{
    put_each(writing, NODE, nodes, put_extension);
}

static void put_note_as(struct writing *writing, const char *name, PyObject *note)
{
    PyObject *language = field(writing->state, NOTE, note, NOTE_LANGUAGE);
    struct page *page = &writing->page;

    put_word(page, "<");
    put_word(page, name);
    if (PyUnicode_GET_LENGTH(language) > 0)
        put_attribute(writing, "xml:lang", language);
    put_word(page, ">");
    put_text(page, field(writing->state, NOTE, note, NOTE_TEXT));
    put_word(page, "</");
    put_word(page, name);
    put_word(page, ">");
}

static void put_note(struct writing *writing, PyObject *note)
{
    put_note_as(writing, "note", note);
}

static void put_data_model_note(struct writing *writing, PyObject *note)
{
    put_note_as(writing, "dm:note", note);
}

static void put_contact(struct writing *writing, PyObject *contact)
{
    struct page *page = &writing->page;

    if (contact == Py_None)
        return;
    if (!is_whole(writing->state, CONTACT, contact)) {
        page->is_usual = false;
        return;
    }
    PyObject *priority = field(writing->state, CONTACT, contact, CONTACT_PRIORITY);

    put_word(page, "<contact");
    if (PyUnicode_GET_LENGTH(priority) > 0)
        put_attribute(writing, "priority", priority);
    put_word(page, ">");
    put_text(page, field(writing->state, CONTACT, contact, CONTACT_URI));
    put_word(page, "</contact>");
}

static void put_basic(struct writing *writing, PyObject *basic)
{
    const struct state *state = writing->state;

    if (basic == state->open)
        put_word(&writing->page, "<basic>open</basic>");
    else if (basic == state->closed)
        put_word(&writing->page, "<basic>closed</basic>");
    else if (basic != Py_None)
        writing->page.is_usual = false;
}

static void put_tuple(struct writing *writing, PyObject *tuple)
{
    const struct state *state = writing->state;
    struct page *page = &writing->page;

    put_word(page, "<tuple");
    put_attribute(writing, "id", field(state, TUPLE, tuple, TUPLE_ID));
    put_word(page, "><status>");
    put_basic(writing, field(state, TUPLE, tuple, TUPLE_BASIC));
    put_extensions(writing, field(state, TUPLE, tuple, TUPLE_STATUS));
    put_word(page, "</status>");
    put_extensions(writing, field(state, TUPLE, tuple, TUPLE_EXTENSIONS));
    put_contact(writing, field(state, TUPLE, tuple, TUPLE_CONTACT));
    put_each(writing, NOTE, field(state, TUPLE, tuple, TUPLE_NOTES), put_note);
    put_timestamp(writing, "timestamp", field(state, TUPLE, tuple, TUPLE_TIMESTAMP));
    put_word(page, "</tuple>");
}

/* Begins an element of the data model. */
static void put_start(struct writing *writing, const char *start, PyObject *identifier)
{
    use_prefix(&writing->page, &writing->prefixes, writing->state->data_model);
    put_word(&writing->page, start);
    put_attribute(writing, "id", identifier);
    put_word(&writing->page, ">");
}

/* Ends it, with what all of them say last. */
static void put_rest(struct writing *writing, PyObject *notes, PyObject *timestamp, const char *end)
{
    put_each(writing, NOTE, notes, put_data_model_note);
    put_timestamp(writing, "dm:timestamp", timestamp);
    put_word(&writing->page, end);
}

static void put_person(struct writing *writing, PyObject *person)
{
    const struct state *state = writing->state;

    put_start(writing, "<dm:person", field(state, PERSON, person, PERSON_ID));
    put_extensions(writing, field(state, PERSON, person, PERSON_EXTENSIONS));
    put_rest(writing, field(state, PERSON, person, PERSON_NOTES),
             field(state, PERSON, person, PERSON_TIMESTAMP), "</dm:person>");
}

static void put_device(struct writing *writing, PyObject *device)
{
    const struct state *state = writing->state;

    put_start(writing, "<dm:device", field(state, DEVICE, device, DEVICE_ID));
    put_extensions(writing, field(state, DEVICE, device, DEVICE_EXTENSIONS));
    put_element(writing, "dm:deviceID", field(state, DEVICE, device, DEVICE_DEVICE_ID));
    put_rest(writing, field(state, DEVICE, device, DEVICE_NOTES),
             field(state, DEVICE, device, DEVICE_TIMESTAMP), "</dm:device>");
}

static void put_content(struct writing *writing, PyObject *document)
{
    const struct state *state = writing->state;
    PyObject *tuples = field(state, DOCUMENT, document, DOCUMENT_TUPLES);

    if (PyTuple_GET_SIZE(tuples) == 0)
        put_word(&writing->page, "<tuple id=\"none\"><status><basic>closed</basic></status></tuple>");
    put_each(writing, TUPLE, tuples, put_tuple);
    put_each(writing, NOTE, field(state, DOCUMENT, document, DOCUMENT_NOTES), put_note);
    put_each(writing, PERSON, field(state, DOCUMENT, document, DOCUMENT_PERSONS), put_person);
    put_each(writing, DEVICE, field(state, DOCUMENT, document, DOCUMENT_DEVICES), put_device);
    put_extensions(writing, field(state, DOCUMENT, document, DOCUMENT_OTHERS));
    put_word(&writing->page, "</presence>");
}

/* What stands before the content, where it is known which prefixes that has used. */
static void put_head(struct writing *writing, PyObject *document)
{
    struct page *page = &writing->page;

    put_word(page, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"");
    put(page, PIDF);
    put_word(page, "\"");
    put_declarations(page, &writing->prefixes);
    put_attribute(writing, "entity", field(writing->state, DOCUMENT, document, DOCUMENT_ENTITY));
    put_word(page, ">");
}

static PyObject *joined(struct span head, struct span content)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(head.length + content.length));

    if (bytes != NULL) {
        memcpy(PyBytes_AS_STRING(bytes), head.text, head.length);
        memcpy(PyBytes_AS_STRING(bytes) + head.length, content.text, content.length);
    }
    return bytes;
}

static PyObject *written(const struct state *state, PyObject *document, bool is_timeless)
{
    char content[LONGEST_WRITTEN], head[LONGEST_DECLARED];
    struct writing writing;

    if (!is_whole(state, DOCUMENT, document))
        Py_RETURN_NONE;
    writing.state = state;
    writing.page = (struct page){content, .room = sizeof content, .is_usual = true};
    writing.is_timeless = is_timeless;
    writing.depth = 0;
    writing.prefixes.state = state;
    writing.prefixes.wanted =
        is_timeless ? state->none : field(state, DOCUMENT, document, DOCUMENT_PREFIXES);
    writing.prefixes.count = writing.prefixes.numbers = 0;
    put_content(&writing, document);
    struct span body = {content, writing.page.length};
    bool is_usual = writing.page.is_usual;

    writing.page = (struct page){head, .room = sizeof head, .is_usual = is_usual};
    put_head(&writing, document);
    if (!writing.page.is_usual)
        return Py_NewRef(Py_None);
    return joined((struct span){head, writing.page.length}, body);
}

/* `None`, here and below: Python decides. */
PyObject *write_document(PyObject *module, PyObject *document)
{
    return written(PyModule_GetState(module), document, false);
}

PyObject *write_timeless(PyObject *module, PyObject *document)
{
    return written(PyModule_GetState(module), document, true);
}
