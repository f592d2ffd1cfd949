#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* A fan-out to thousands arrives faster than we answer it: 16 MB hold about 7,000 NOTIFYs. */
static const int RECEIVE_BUFFER = 16 << 20;

void wire_open(struct wire *wire)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof local;

    wire->queued = 0;
    wire->socket = socket(AF_INET, SOCK_DGRAM, 0);
    if (wire->socket < 0 || bind(wire->socket, (struct sockaddr *)&local, length) < 0 ||
        getsockname(wire->socket, (struct sockaddr *)&local, &length) < 0)
        err(1, "cannot open a UDP socket on 127.0.0.1");
    wire->port = ntohs(local.sin_port);
    /* Beyond the system's limit where we may, up to it where not. */
    if (setsockopt(wire->socket, SOL_SOCKET, SO_RCVBUFFORCE, &RECEIVE_BUFFER, sizeof(int)) < 0)
        setsockopt(wire->socket, SOL_SOCKET, SO_RCVBUF, &RECEIVE_BUFFER, sizeof(int));
}

static void frame(struct mmsghdr *header, struct iovec *part, struct packet *packet, size_t length)
{
    *part = (struct iovec){.iov_base = packet->text, .iov_len = length};
    *header = (struct mmsghdr){.msg_hdr = {.msg_name = &packet->peer,
                                           .msg_namelen = sizeof packet->peer,
                                           .msg_iov = part,
                                           .msg_iovlen = 1}};
}

unsigned wire_receive(struct wire *wire, int milliseconds)
{
    struct pollfd waiting = {.fd = wire->socket, .events = POLLIN};
    struct mmsghdr headers[WIRE_BATCH];
    struct iovec parts[WIRE_BATCH];

    if (poll(&waiting, 1, milliseconds) <= 0)
        return 0;
    for (unsigned i = 0; i < WIRE_BATCH; i++)
        frame(&headers[i], &parts[i], &wire->in[i], WIRE_PACKET - 1);
    int received = recvmmsg(wire->socket, headers, WIRE_BATCH, MSG_DONTWAIT, NULL);
    if (received < 0)
        return 0;
    for (int i = 0; i < received; i++) {
        struct packet *packet = &wire->in[i];
        packet->length = headers[i].msg_len;
        packet->is_whole = !(headers[i].msg_hdr.msg_flags & MSG_TRUNC);
        packet->text[packet->length] = 0;
    }
    return (unsigned)received;
}

struct packet *wire_prepare(struct wire *wire, const struct sockaddr_in *peer)
{
    if (wire->queued == WIRE_BATCH)
        wire_flush(wire);
    struct packet *packet = &wire->out[wire->queued++];
    packet->peer = *peer;
    packet->length = 0;
    return packet;
}

void wire_flush(struct wire *wire)
{
    struct mmsghdr headers[WIRE_BATCH];
    struct iovec parts[WIRE_BATCH];

    for (unsigned i = 0; i < wire->queued; i++)
        frame(&headers[i], &parts[i], &wire->out[i], wire->out[i].length);
    for (unsigned sent = 0; sent < wire->queued;) {
        int count = sendmmsg(wire->socket, headers + sent, wire->queued - sent, 0);
        if (count < 0 && errno != EINTR)
            err(1, "cannot send");
        sent += count > 0 ? (unsigned)count : 0;
    }
    wire->queued = 0;
}
