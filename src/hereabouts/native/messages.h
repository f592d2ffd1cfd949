/* What the files of the module `messages` share. Each states what Python does in the same case;
   where they are not sure of it they give the message back, unread, and Python decides. */
#ifndef HEREABOUTS_MESSAGES_H
#define HEREABOUTS_MESSAGES_H

#include "values.h"

#define LONGEST_NAME 40 /* characters; headers with longer names are left to Python */
#define MOST_NAMES 128
#define USUAL 10 /* names of parameters that are kept ready */
#define BRANCH 0 /* the places of four of them */
#define RPORT 1
#define RECEIVED 2
#define TAG 3
#define SCHEMES 3
#define COPIED 4 /* headers that an answer has from its request */
#define REQUEST_NAMES 8  /* headers that are understood as a request is read */
#define SLOTS 512 /* a power of two, and far more than names: few share a slot */

/* A spelling of a header's name, and the header that it means. */
struct name {
    char text[LONGEST_NAME]; /* in lower case */
    size_t length;           /* 0: the slot is free */
    PyObject *key;           /* the long name in lower case */
    bool is_single;          /* a message has one row of it at most */
};

/* The fields that are read, or written, of a transaction, of a flow, and of a request that came in. */
enum {
    TRANSACTION_KIND, TRANSACTION_METHOD, TRANSACTION_KEY, TRANSACTION_FLOW, TRANSACTION_STATE,
    TRANSACTION_PAYLOAD, TRANSACTION_IS_PASSING, TRANSACTION_HAS_LEFT, TRANSACTION_PENDING,
    TRANSACTION_LINGERS_WITH, TRANSACTION_DUE, TRANSACTION_REPEAT_AFTER, TRANSACTION_STOPPED_AT,
};
enum { FLOW_TRANSPORT, FLOW_LOCAL, FLOW_HOST, FLOW_PORT, FLOW_LISTENER };
enum { INCOMING_REQUEST, INCOMING_VIA, INCOMING_TRANSACTION, INCOMING_TO_TAG };

/* The methods of a keyed hash by which a tag is made. */
enum { COPY, UPDATE, HEXDIGEST, METHODS };

/* The fields of an ordinary request. */
enum field {
    FIELD_METHOD, FIELD_URI, FIELD_ROWS, FIELD_HEADERS, FIELD_BODY, FIELD_FAULT, FIELD_PACKET,
    FIELD_CALL_ID, FIELD_CSEQ, FIELD_FROM, FIELD_TO, FIELD_TO_TAG, FIELD_CONTACT, FIELD_REQUEST_URI,
    FIELD_EXPIRES, FIELDS,
};

struct state {
    struct name names[SLOTS];
    Py_ssize_t most_rows;
    PyObject *content_length; /* its key; NULL before `prepare`, as the classes are */
    PyObject *request;
    PyObject *ordinary;
    PyObject *response;
    PyObject *address;
    PyObject *uri;
    PyObject *usual[USUAL];
    PyObject *schemes[SCHEMES];
    PyObject *nothing; /* the empty text */
    PyObject *copied[COPIED];
    struct shape delivery; /* what a NOTIFY is made of */
    struct shape subscription;
    struct shape dialog;
    struct shape target; /* a URI that requests are sent to */
    struct shape view;
    struct shape transaction;
    struct shape flow;
    struct shape incoming;
    PyObject *hop;    /* the class of a Via */
    PyObject *server; /* the kinds of transactions but of INVITEs */
    PyObject *client;
    PyObject *trying; /* how a transaction stands, before it is answered, and behind that */
    PyObject *completed;
    PyObject *ended;
    PyObject *methods[METHODS];
    PyObject *maddr; /* names */
    PyObject *record_route;
    PyObject *via;
    PyObject *zero; /* numbers */
    PyObject *one;
    PyObject *no_bytes;
    PyObject *request_names[REQUEST_NAMES];
    Py_ssize_t places[FIELDS]; /* in an object of the class `ordinary` */
};

/* What became of something that is read. */
enum outcome {
    FAILED = -1, /* an exception is set */
    UNUSUAL,     /* Python decides */
    READ,
};

/* The first CRLF from here on, or NULL. Three times as fast as `memmem`. */
static inline const char *find_line_end(const char *at, const char *end)
{
    while ((at = memchr(at, '\r', (size_t)(end - at))) != NULL) {
        if (end - at >= 2 && at[1] == '\n')
            return at;
        at++;
    }
    return NULL;
}

/* The CRLF of the last row before an empty one, or NULL. */
static inline const char *find_head_end(const char *at, const char *end)
{
    while ((at = find_line_end(at, end)) != NULL) {
        if (end - at >= 4 && at[2] == '\r' && at[3] == '\n')
            return at;
        at += 2;
    }
    return NULL;
}

/* A name as it is looked up: in lower case, with its hash. */
struct spelling {
    char text[LONGEST_NAME];
    size_t length;
    uint32_t hash;
};

/* In lower case, for the characters of a token (RFC 3261 section 25.1); 0 for all others. */
extern unsigned char token_characters[256];
void fill_token_characters(void);

/* False for what is no token, or too long. */
bool spell(struct spelling *spelling, const char *text, size_t length);

/* The slot that has this spelling, or else the free one where it belongs. */
struct name *find_name(struct state *state, const struct spelling *spelling);

PyObject *prepare(PyObject *module, PyObject *arguments);
void forget_names(struct state *state);

/* -1 with an exception set if that cannot be. */
int keep_usual_names(struct state *state);
int keep_copied_names(struct state *state);
int keep_request_names(struct state *state);
int keep_arrival_names(struct state *state);

/* The text in lower case. */
PyObject *lower_text_of(struct span text);

PyObject *via(PyObject *module, PyObject *text);
PyObject *address(PyObject *module, PyObject *text);
PyObject *uri(PyObject *module, PyObject *text);

PyObject *response(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *stamp(PyObject *module, PyObject *const *given, Py_ssize_t count);

/* Learns where its fields are; -1 with an exception set. */
int learn_ordinary(struct state *state, PyObject *class);

/* An ordinary request of these values, none of which is NULL. */
PyObject *made_ordinary(const struct state *state, PyObject *const values[FIELDS]);

/* Fills in what is understood of an ordinary request, new references: the fields from its Call-ID
   on. Given are method, URI and headers. UNUSUAL: it is none, and some may be missing. */
enum outcome understand(PyObject *module, PyObject *values[FIELDS]);

PyObject *scan(PyObject *module, PyObject *packet);
PyObject *notify_taken(PyObject *module, PyObject *packet);
PyObject *learn_deliveries(PyObject *module, PyObject *arguments);
PyObject *learn_transactions(PyObject *module, PyObject *arguments);
PyObject *notify(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *notify_usual(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *settled(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *answered(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *learn_dialogs(PyObject *module, PyObject *arguments);
PyObject *accepted(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *is_straight(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *learn_kinds(PyObject *module, PyObject *arguments);
PyObject *learn_incoming(PyObject *module, PyObject *arguments);
PyObject *arrive(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *respond(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *begin(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *released(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *measure(PyObject *module, PyObject *transactions);
PyObject *common_listener(PyObject *module, PyObject *packets);
PyObject *said(PyObject *module, PyObject *packets);

/* A field of an object of this shape, borrowed. */
static inline PyObject *value_in(const struct shape *shape, PyObject *owner, int at)
{
    return *place_in(shape, owner, at);
}

static inline void put_field(const struct shape *shape, PyObject *owner, int at, PyObject *value)
{
    Py_XSETREF(*place_in(shape, owner, at), Py_NewRef(value));
}

/* Whether a flow, which is one, is by datagrams. */
static inline bool is_by_datagrams(const struct state *state, PyObject *flow)
{
    PyObject *transport = value_in(&state->flow, flow, FLOW_TRANSPORT);

    return transport && is_ascii(transport) && is_same(span_of(transport), (struct span){"UDP", 3});
}

/* What an ordinary request has, borrowed. */
static inline PyObject *value_of(const struct state *state, PyObject *ordinary, enum field field)
{
    return *(PyObject **)((char *)ordinary + state->places[field]);
}

/* The bytes of an answer; None: Python writes it. */
PyObject *answer_of(const struct state *state, PyObject *const parts[6]);

/* Whether a packet is plainly the 2xx to a NOTIFY; where its sent-by and its branch stand. */
bool is_taken(PyObject *packet, struct span *sent_by, struct span *branch);

#endif
