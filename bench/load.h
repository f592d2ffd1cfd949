/* What the load generator plays, and what it counts. */
#ifndef LOAD_H
#define LOAD_H

#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef uint64_t microseconds;

static const microseconds SECOND = 1000000;
/* RFC 3261 section 17.1.2.2: the longest time between two sendings of a request. */
static const microseconds T2 = 4000000;

enum { MESSAGE = 4096, WORD = 128 };

enum kind { PUBLISH, CHANGE, SUBSCRIBE, UNSUBSCRIBE };

static inline bool is_publish(enum kind kind)
{
    return kind == PUBLISH || kind == CHANGE;
}

struct options {
    struct sockaddr_in server;
    const char *domain;
    unsigned presentities, watchers; /* watchers of each presentity */
    unsigned first;                  /* the number in the name of the first of each */
    unsigned outstanding, rounds, seed;
    unsigned expires, idle, deadline; /* seconds */
    bool unsubscribes, steps;
};

/* One request of ours, until it is answered and every NOTIFY it causes is in. */
struct operation {
    enum kind kind;
    bool is_busy, is_answered;
    unsigned subject; /* which presentity, or which subscription */
    unsigned cseq;
    unsigned missing; /* NOTIFYs still to come */
    microseconds sent_at, send_again_at, interval;
    size_t length;
    char text[MESSAGE];
};

struct presentity {
    struct operation *operation; /* NULL between operations */
    unsigned cseq, round;        /* the round whose note it published last */
    char entity_tag[WORD];
};

struct subscription {
    struct operation *operation;
    unsigned cseq, round;  /* the round whose note arrived last */
    unsigned highest_cseq; /* of its NOTIFYs */
    uint64_t seen;         /* bit n: the NOTIFY with CSeq `highest_cseq` - n arrived */
    char to[WORD];         /* the server's end of the dialog, with its tag */
    char target[WORD];     /* the server's Contact */
};

/* All that is counted in a phase; from REFUSED on, each is an error. */
enum counter {
    NOTIFIES, /* each counted once, however often it is sent */
    REQUESTS_SENT_AGAIN,
    NOTIFIES_RECEIVED_AGAIN,
    RESPONSES_RECEIVED_AGAIN,
    EXTRA_NOTIFIES,         /* new, but not what an operation waited for */
    NOTIFIES_WITHOUT_STATE, /* the first of a dialog, without the note published before */
    REFUSED,                /* our request was answered other than 2xx */
    UNKNOWN_NOTIFIES,       /* of no subscription of ours, or to another Contact */
    OUT_OF_ORDER,           /* a NOTIFY never seen whose CSeq is below an earlier one's */
    ENDED_EARLY,            /* a subscription that the server ended */
    UNREADABLE,             /* neither a response to us nor a NOTIFY */
    LOST,                   /* a request without an answer until the deadline */
    STUCK,                  /* answered, but a NOTIFY is missing at the deadline */
    COUNTERS
};

struct load {
    struct options options;
    struct wire wire;
    struct presentity *presentities;
    struct subscription *subscriptions; /* those of presentity p from p * watchers on */
    struct operation *operations;
    unsigned busy, done; /* operations now, and finished in this phase */
    uint32_t *latencies; /* of this phase, in microseconds */
    unsigned latency_count;
    uint64_t counts[COUNTERS];
    char failure[512]; /* empty while all is well */
};

microseconds clock_reading(clockid_t clock);
microseconds now(void);

/* Counts an error; the first one is kept in words. */
__attribute__((format(printf, 3, 4))) void fail(struct load *load, enum counter error,
                                                const char *format, ...);

/* operations.c: there must be room for one more when one begins. */
void begin(struct load *load, enum kind kind, unsigned subject);
void finish(struct load *load, struct operation *operation);
void finish_if_complete(struct load *load, struct operation *operation);
/* One of the NOTIFYs that the operation waits for is here. */
void advance(struct load *load, struct operation *operation);
void note_latency(struct load *load, const struct operation *operation);
/* Sends again what has no answer, and gives up what is past its deadline. */
void check_timers(struct load *load);

/* arrivals.c: sends what is queued, then takes what arrives within `milliseconds`. */
void serve(struct load *load, int milliseconds);

/* requests.c: write one request of ours into `operation->text`. */
void write_publish(const struct load *load, struct operation *operation);
void write_subscribe(const struct load *load, struct operation *operation);

#endif
