/* One UDP socket on loopback, read and written in batches. */
#ifndef WIRE_H
#define WIRE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    WIRE_BATCH = 64,   /* datagrams a system call */
    WIRE_PACKET = 8192 /* bytes a datagram; a NOTIFY of a 600-byte document takes about 1,200 */
};

struct packet {
    struct sockaddr_in peer;
    size_t length;
    bool is_whole;         /* false where the datagram was longer than the room for it */
    char text[WIRE_PACKET]; /* ends with a zero byte, which `length` does not count */
};

struct wire {
    int socket;
    unsigned port;   /* of our own end, on 127.0.0.1 */
    unsigned queued; /* how many of `out` wait for wire_flush */
    struct packet in[WIRE_BATCH];
    struct packet out[WIRE_BATCH];
};

/* Opens the socket on a free port of 127.0.0.1; ends the program where that fails. */
void wire_open(struct wire *wire);

/* Waits up to `milliseconds` for datagrams; how many of `in` are now filled. */
unsigned wire_receive(struct wire *wire, int milliseconds);

/* Room for one datagram to `peer`; it leaves with the next wire_flush. */
struct packet *wire_prepare(struct wire *wire, const struct sockaddr_in *peer);

void wire_flush(struct wire *wire);

#endif
