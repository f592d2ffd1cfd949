/* What arrives: answers to our requests, and the NOTIFYs that we answer. */
#define _GNU_SOURCE
#include "load.h"
#include "sip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which operation a response belongs to, by the branch we gave; NULL where it is over. */
static struct operation *operation_of(struct load *load, const struct message *response, bool *ours)
{
    struct span branch = sip_parameter(sip_header(response, "Via", 'v'), "branch");
    unsigned seed, subject, cseq;
    char kind;
    struct operation *operation = NULL;

    *ours = branch.text &&
            sscanf(branch.text, "z9hG4bK%u-%c%u-%u", &seed, &kind, &subject, &cseq) == 4 &&
            seed == load->options.seed;
    if (!*ours)
        return NULL;
    if (kind == 'p' && subject < load->options.presentities)
        operation = load->presentities[subject].operation;
    if (kind == 's' && subject < load->options.presentities * load->options.watchers)
        operation = load->subscriptions[subject].operation;
    return operation && operation->cseq == cseq ? operation : NULL;
}

/* Keeps what later requests must carry: the entity-tag, or the other end of the dialog. */
static bool keep_answer(struct load *load, const struct operation *operation,
                        const struct message *response)
{
    struct subscription *subscription = load->subscriptions + operation->subject;

    if (is_publish(operation->kind))
        return sip_keep(sip_header(response, "SIP-ETag", 0),
                        load->presentities[operation->subject].entity_tag, WORD);
    if (operation->kind == UNSUBSCRIBE)
        return true;
    return sip_keep(sip_header(response, "To", 't'), subscription->to, WORD) &&
           sip_keep(sip_uri(sip_header(response, "Contact", 'm')), subscription->target, WORD);
}

static void take_answer(struct load *load, struct operation *operation,
                        const struct message *response)
{
    bool is_success = response->status < 300;

    if (!is_success || !keep_answer(load, operation, response)) {
        fail(load, REFUSED, "%.*s answered: %.*s%s", (int)strcspn(operation->text, "\r"),
             operation->text, (int)response->start.length, response->start.text,
             is_success ? " without SIP-ETag, To or Contact" : "");
        finish(load, operation);
        return;
    }
    operation->is_answered = true;
    if (operation->kind == PUBLISH)
        note_latency(load, operation);
    finish_if_complete(load, operation);
}

static void receive_response(struct load *load, const struct message *response)
{
    bool is_ours;
    struct operation *operation = operation_of(load, response, &is_ours);

    if (!is_ours)
        fail(load, UNREADABLE, "a response to no request of ours: %.*s",
             (int)response->start.length, response->start.text);
    else if (operation == NULL || operation->is_answered)
        load->counts[RESPONSES_RECEIVED_AGAIN]++;
    else if (response->status < 200) /* RFC 3261 section 17.1.2.2: from now on every T2 */
        operation->interval = T2;
    else
        take_answer(load, operation, response);
}

static void answer(struct load *load, const struct packet *from, const struct message *request,
                   const char *status)
{
    struct packet *packet = wire_prepare(&load->wire, &from->peer);
    size_t used = (size_t)snprintf(packet->text, WIRE_PACKET, "SIP/2.0 %s\r\n", status);

    used += sip_copy_for_response(request, packet->text + used, WIRE_PACKET - 64 - used);
    used += (size_t)snprintf(packet->text + used, WIRE_PACKET - used, "Content-Length: 0\r\n\r\n");
    packet->length = used;
}

/* The subscription that a NOTIFY names by its Call-ID, our tag and the Contact it is sent to. */
static struct subscription *subscription_of(struct load *load, const struct message *notify)
{
    struct span call_id = sip_header(notify, "Call-ID", 'i');
    struct span tag = sip_parameter(sip_header(notify, "To", 't'), "tag");
    unsigned s, seed;
    char expected[WORD];

    if (!call_id.text || sscanf(call_id.text, "s%u-%u@bench", &s, &seed) != 2)
        return NULL;
    if (seed != load->options.seed || s >= load->options.presentities * load->options.watchers)
        return NULL;
    snprintf(expected, sizeof expected, "NOTIFY sip:w%u@", s);
    if (!sip_starts_with(notify->start, expected))
        return NULL;
    snprintf(expected, sizeof expected, "w%u-%u", s, seed);
    return sip_starts_with(tag, expected) && tag.length == strlen(expected)
               ? &load->subscriptions[s]
               : NULL;
}

enum order { NEW, AGAIN, LATE };

/* Whether this CSeq of the dialog is new, was here before, or comes after a later one. */
static enum order order_of(struct subscription *subscription, unsigned cseq)
{
    unsigned highest = subscription->highest_cseq;

    if (subscription->seen == 0 || cseq > highest) {
        unsigned ahead = cseq - highest;
        subscription->seen = ahead < 64 ? subscription->seen << ahead | 1 : 1;
        subscription->highest_cseq = cseq;
        return NEW;
    }
    unsigned behind = highest - cseq;
    return behind < 64 && subscription->seen >> behind & 1 ? AGAIN : LATE;
}

/* The round that the note in this body tells of; -1 where it has no note of this presentity. */
static int round_of(const struct load *load, const struct message *notify, unsigned presentity)
{
    const char *note = memmem(notify->body.text, notify->body.length, "bench-", 6);
    unsigned seed, p, round;

    if (note == NULL || sscanf(note, "bench-%u-%u-%u", &seed, &p, &round) != 3)
        return -1;
    return seed == load->options.seed && p == presentity ? (int)round : -1;
}

/* A NOTIFY that is new: does anybody wait for it? */
static void take_notify(struct load *load, struct subscription *subscription,
                        const struct message *notify)
{
    unsigned s = (unsigned)(subscription - load->subscriptions);
    unsigned p = s / load->options.watchers;
    struct operation *own = subscription->operation, *change = load->presentities[p].operation;
    int round = round_of(load, notify, p);

    load->counts[NOTIFIES]++;
    if (sip_starts_with(sip_header(notify, "Subscription-State", 0), "terminated")) {
        if (own && own->kind == UNSUBSCRIBE && own->missing)
            advance(load, own);
        else
            fail(load, ENDED_EARLY, "the server ended the subscription of w%u", s);
    } else if (own && own->kind == SUBSCRIBE && own->missing) {
        load->counts[NOTIFIES_WITHOUT_STATE] += round < 0;
        advance(load, own);
    } else if (change && change->kind == CHANGE && round > (int)subscription->round &&
               round == (int)load->presentities[p].round) {
        subscription->round = (unsigned)round;
        advance(load, change);
    } else {
        load->counts[EXTRA_NOTIFIES]++;
    }
}

static void receive_notify(struct load *load, const struct packet *packet,
                           const struct message *notify)
{
    struct subscription *subscription = subscription_of(load, notify);
    struct span cseq = sip_header(notify, "CSeq", 0);

    if (subscription == NULL || cseq.text == NULL) {
        fail(load, UNKNOWN_NOTIFIES, "a NOTIFY of no subscription of ours: %.*s",
             (int)notify->start.length, notify->start.text);
        answer(load, packet, notify, "481 Subscription Does Not Exist");
        return;
    }
    switch (order_of(subscription, (unsigned)strtoul(cseq.text, NULL, 10))) {
    case NEW:
        answer(load, packet, notify, "200 OK");
        take_notify(load, subscription, notify);
        break;
    case AGAIN:
        load->counts[NOTIFIES_RECEIVED_AGAIN]++;
        answer(load, packet, notify, "200 OK");
        break;
    case LATE: /* RFC 3261 section 12.2.2 */
        fail(load, OUT_OF_ORDER, "NOTIFY of w%u: CSeq %.*s after %u",
             (unsigned)(subscription - load->subscriptions), (int)cseq.length, cseq.text,
             subscription->highest_cseq);
        answer(load, packet, notify, "500 Server Internal Error");
        break;
    }
}

static void receive(struct load *load, const struct packet *packet)
{
    struct message message;

    if (!packet->is_whole || !sip_read(&message, packet->text, packet->length))
        fail(load, UNREADABLE, "a datagram of %zu bytes is no SIP message", packet->length);
    else if (message.status)
        receive_response(load, &message);
    else if (sip_starts_with(message.start, "NOTIFY "))
        receive_notify(load, packet, &message);
    else
        fail(load, UNREADABLE, "unexpected: %.*s", (int)message.start.length, message.start.text);
}

void serve(struct load *load, int milliseconds)
{
    wire_flush(&load->wire);
    unsigned count = wire_receive(&load->wire, milliseconds);
    for (unsigned i = 0; i < count; i++)
        receive(load, &load->wire.in[i]);
    wire_flush(&load->wire);
}
