/* The requests that the load generator sends. */
#include "load.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The size of the published document, in bytes: what a phone with one device and a note sends. */
enum { DOCUMENT = 600 };

/* The note names the round, so that a watcher can tell which change reached it. */
static const char PIDF[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
    " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
    " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"%s\">"
    "<tuple id=\"t%u\"><status><basic>open</basic></status>"
    "<contact>%s</contact><note>bench-%u-%u-%u</note>"
    "<timestamp>%s</timestamp></tuple>"
    "<dm:person id=\"p%u\"><rpid:activities><rpid:busy/></rpid:activities>"
    "<dm:note>%.*s</dm:note></dm:person></presence>";

static void write_aor(const struct load *load, char kind, unsigned number, char out[2 * WORD])
{
    snprintf(out, 2 * WORD, "sip:%c%u@%s", kind, load->options.first + number,
             load->options.domain);
}

static int write_document(const struct load *load, unsigned p, char *out, size_t room, int padding)
{
    static const char FILL[] =
        "..............................................................................."
        "...............................................................................";
    char date[32], aor[2 * WORD];
    time_t at = time(NULL);

    write_aor(load, 'p', p, aor);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&at));
    return snprintf(out, room, PIDF, aor, p, aor, load->options.seed, p,
                    load->presentities[p].round, date, p, padding, FILL);
}

void write_publish(const struct load *load, struct operation *operation)
{
    const struct options *options = &load->options;
    unsigned p = operation->subject;
    const char *tag = load->presentities[p].entity_tag;
    char document[2 * DOCUMENT], aor[2 * WORD];
    int bare = write_document(load, p, document, sizeof document, 0);
    int size = write_document(load, p, document, sizeof document,
                              bare < DOCUMENT ? DOCUMENT - bare : 0);

    write_aor(load, 'p', p, aor);
    operation->length = (size_t)snprintf(
        operation->text, MESSAGE,
        "PUBLISH %s SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%u;rport;branch=z9hG4bK%u-p%u-%u\r\n"
        "Max-Forwards: 70\r\n"
        "From: <%s>;tag=p%u-%u\r\n"
        "To: <%s>\r\n"
        "Call-ID: p%u-%u@bench\r\n"
        "CSeq: %u PUBLISH\r\n"
        "Event: presence\r\n"
        "Expires: %u\r\n"
        "%s%s%s"
        "Content-Type: application/pidf+xml\r\n"
        "Content-Length: %d\r\n\r\n%s",
        aor, load->wire.port, options->seed, p, operation->cseq, aor, p, operation->cseq, aor, p,
        options->seed, operation->cseq, options->expires, *tag ? "SIP-If-Match: " : "", tag,
        *tag ? "\r\n" : "", size, document);
}

void write_subscribe(const struct load *load, struct operation *operation)
{
    const struct options *options = &load->options;
    unsigned s = operation->subject;
    const struct subscription *subscription = &load->subscriptions[s];
    bool is_first = operation->kind == SUBSCRIBE;
    char presentity[2 * WORD], watcher[2 * WORD], to[2 * WORD + 2];

    write_aor(load, 'p', s / options->watchers, presentity);
    write_aor(load, 'w', s, watcher);
    snprintf(to, sizeof to, "<%s>", presentity);
    operation->length = (size_t)snprintf(
        operation->text, MESSAGE,
        "SUBSCRIBE %s SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%u;rport;branch=z9hG4bK%u-s%u-%u\r\n"
        "Max-Forwards: 70\r\n"
        "From: <%s>;tag=w%u-%u\r\n"
        "To: %s\r\n"
        "Call-ID: s%u-%u@bench\r\n"
        "CSeq: %u SUBSCRIBE\r\n"
        "Contact: <sip:w%u@127.0.0.1:%u>\r\n"
        "Event: presence\r\n"
        "Accept: application/pidf+xml\r\n"
        "Expires: %u\r\n"
        "Content-Length: 0\r\n\r\n",
        is_first ? presentity : subscription->target, load->wire.port, options->seed, s,
        operation->cseq, watcher, s, options->seed, is_first ? to : subscription->to, s,
        options->seed, operation->cseq, s, load->wire.port, is_first ? options->expires : 0);
}
