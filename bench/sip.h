/* As much SIP as a load generator must read: lines of a head, and values cut out of them. */
#ifndef SIP_H
#define SIP_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *text; /* NULL where there is none */
    size_t length;
};

/* A message as it arrived; the spans point into it. The text ends with a zero byte. */
struct message {
    struct span start; /* request line or status line */
    struct span head;  /* all header lines, each with its line end */
    struct span body;
    unsigned status;   /* of a response; 0 for a request */
};

/* False where the text has no end of headers. */
bool sip_read(struct message *message, const char *text, size_t length);

/* The value of the first header of this name, or of its compact form (0 for none). */
struct span sip_header(const struct message *message, const char *name, char compact);

/* What stands between angle brackets, or the whole up to a parameter where there are none. */
struct span sip_uri(struct span value);

/* The value of a parameter such as `branch`. */
struct span sip_parameter(struct span value, const char *name);

/* Copies what a response takes over (RFC 3261 section 8.2.6.2); how many bytes that are. */
size_t sip_copy_for_response(const struct message *request, char *out, size_t room);

bool sip_starts_with(struct span value, const char *text);

/* As a C string, into room for `size` bytes; false where it is absent or too long. */
bool sip_keep(struct span value, char *out, size_t size);

#endif
