/* Requests of ours on their way: begun, sent again, finished, given up. */
#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* RFC 3261 section 17.1.2.2: Timer E begins at T1 and doubles up to T2. */
static const microseconds T1 = 500000;

microseconds clock_reading(clockid_t clock)
{
    struct timespec reading;

    clock_gettime(clock, &reading);
    return (microseconds)reading.tv_sec * SECOND + (microseconds)reading.tv_nsec / 1000;
}

microseconds now(void)
{
    return clock_reading(CLOCK_MONOTONIC);
}

void fail(struct load *load, enum counter error, const char *format, ...)
{
    va_list values;

    load->counts[error]++;
    if (*load->failure)
        return;
    va_start(values, format);
    vsnprintf(load->failure, sizeof load->failure, format, values);
    va_end(values);
}

static void transmit(struct load *load, const struct operation *operation)
{
    struct packet *packet = wire_prepare(&load->wire, &load->options.server);

    memcpy(packet->text, operation->text, operation->length);
    packet->length = operation->length;
}

static struct operation **owner_of(struct load *load, const struct operation *operation)
{
    return is_publish(operation->kind)
               ? &load->presentities[operation->subject].operation
               : &load->subscriptions[operation->subject].operation;
}

void finish(struct load *load, struct operation *operation)
{
    *owner_of(load, operation) = NULL;
    operation->is_busy = false;
    load->busy--;
    load->done++;
}

void finish_if_complete(struct load *load, struct operation *operation)
{
    if (operation->is_answered && operation->missing == 0)
        finish(load, operation);
}

void note_latency(struct load *load, const struct operation *operation)
{
    load->latencies[load->latency_count++] = (uint32_t)(now() - operation->sent_at);
}

void advance(struct load *load, struct operation *operation)
{
    note_latency(load, operation);
    operation->missing--;
    finish_if_complete(load, operation);
}

static struct operation *free_operation(struct load *load)
{
    for (unsigned i = 0; i < load->options.outstanding; i++)
        if (!load->operations[i].is_busy)
            return &load->operations[i];
    return NULL;
}

void begin(struct load *load, enum kind kind, unsigned subject)
{
    static const unsigned ONE_NOTIFY[] = {[SUBSCRIBE] = 1, [UNSUBSCRIBE] = 1};
    struct operation *operation = free_operation(load);
    microseconds at = now();

    operation->kind = kind;
    operation->subject = subject;
    operation->is_busy = true;
    operation->is_answered = false;
    operation->missing = kind == CHANGE ? load->options.watchers : ONE_NOTIFY[kind];
    operation->sent_at = at;
    operation->interval = T1;
    operation->send_again_at = at + T1;
    *owner_of(load, operation) = operation;
    load->busy++;
    if (is_publish(kind)) {
        operation->cseq = ++load->presentities[subject].cseq;
        load->presentities[subject].round += kind == CHANGE;
        write_publish(load, operation);
    } else {
        operation->cseq = ++load->subscriptions[subject].cseq;
        write_subscribe(load, operation);
    }
    transmit(load, operation);
}

static void give_up(struct load *load, struct operation *operation)
{
    fail(load, operation->is_answered ? STUCK : LOST,
         "%s%u: %s, %u NOTIFYs missing after %u s",
         is_publish(operation->kind) ? "PUBLISH of p" : "SUBSCRIBE of w", operation->subject,
         operation->is_answered ? "answered" : "never answered", operation->missing,
         load->options.deadline);
    finish(load, operation);
}

void check_timers(struct load *load)
{
    microseconds at = now();

    for (unsigned i = 0; i < load->options.outstanding; i++) {
        struct operation *operation = &load->operations[i];
        if (!operation->is_busy)
            continue;
        if (at - operation->sent_at > load->options.deadline * SECOND) {
            give_up(load, operation);
        } else if (!operation->is_answered && at >= operation->send_again_at) {
            operation->interval = operation->interval * 2 < T2 ? operation->interval * 2 : T2;
            operation->send_again_at = at + operation->interval;
            load->counts[REQUESTS_SENT_AGAIN]++;
            transmit(load, operation);
        }
    }
}
