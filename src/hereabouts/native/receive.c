/* Datagrams in: many a system call, each with the flow of its peer. */
#include "datagrams.h"

#define LONGEST 65535 /* bytes of a datagram */

/* Where datagrams arrive. Only what they fill of it takes memory. */
struct room {
    struct mmsghdr headers[AT_ONCE];
    struct iovec places[AT_ONCE];
    union address peers[AT_ONCE];
    char bytes[AT_ONCE][LONGEST];
};

/* The one room that is kept, or a new one if another thread has it. */
static struct room *take_room(struct state *state)
{
    struct room *room = state->room;

    state->room = NULL;
    if (room != NULL)
        return room;
    room = PyMem_RawCalloc(1, sizeof *room);
    if (room == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int at = 0; at < AT_ONCE; at++) {
        room->places[at] = (struct iovec){room->bytes[at], LONGEST};
        room->headers[at].msg_hdr.msg_iov = &room->places[at];
        room->headers[at].msg_hdr.msg_iovlen = 1;
        room->headers[at].msg_hdr.msg_name = &room->peers[at];
    }
    return room;
}

static void give_room_back(struct state *state, struct room *room)
{
    if (state->room == NULL)
        state->room = room;
    else
        PyMem_RawFree(room);
}

/* Who sent a datagram. */
struct peer {
    int family;
    in_port_t port;      /* as it stands in the packet */
    const void *address; /* of so many bytes */
    size_t length;
};

/* False with an exception set. */
static bool read_peer(const union address *from, struct peer *peer)
{
    peer->family = from->any.sa_family;
    switch (peer->family) {
    case AF_INET:
        peer->address = &from->v4.sin_addr;
        peer->length = sizeof from->v4.sin_addr;
        peer->port = from->v4.sin_port;
        return true;
    case AF_INET6:
        peer->address = &from->v6.sin6_addr;
        peer->length = sizeof from->v6.sin6_addr;
        peer->port = from->v6.sin6_port;
        return true;
    default:
        PyErr_SetString(PyExc_ValueError, "not a socket of IPv4 or IPv6");
        return false;
    }
}

/* Port and address as bytes. */
static PyObject *key_of(const struct peer *peer)
{
    char key[sizeof(in_port_t) + sizeof(struct in6_addr)];

    memcpy(key, &peer->port, sizeof peer->port);
    memcpy(key + sizeof peer->port, peer->address, peer->length);
    return PyBytes_FromStringAndSize(key, (Py_ssize_t)(sizeof peer->port + peer->length));
}

/* The flow of a peer who is not known yet; a new reference. */
static PyObject *introduced(const struct peer *peer, PyObject *introduce)
{
    char host[INET6_ADDRSTRLEN] = "";

    inet_ntop(peer->family, peer->address, host, sizeof host);
    return PyObject_CallFunction(introduce, "si", host, (int)ntohs(peer->port));
}

/* The flow of a peer, asked for where it is not known yet; a new reference. */
static PyObject *flow_of(const union address *from, PyObject *flows, PyObject *introduce)
{
    struct peer peer;

    if (!read_peer(from, &peer))
        return NULL;
    PyObject *key = key_of(&peer);
    PyObject *flow = key ? PyDict_GetItemWithError(flows, key) : NULL;

    if (flow != NULL) {
        Py_INCREF(flow);
    } else if (key != NULL && !PyErr_Occurred()) {
        flow = introduced(&peer, introduce);
        if (flow != NULL && PyDict_SetItem(flows, key, flow) < 0)
            Py_CLEAR(flow);
    }
    Py_XDECREF(key);
    return flow;
}

/* Adds the datagram at this place to those that have arrived. */
static int add(PyObject *arrived, const struct room *room, int at, PyObject *flows,
               PyObject *introduce)
{
    PyObject *flow = flow_of(&room->peers[at], flows, introduce);

    if (flow == NULL && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_OSError)) {
        PyErr_Clear();
        return 0; /* it cannot be introduced now, and will send again */
    }
    PyObject *bytes =
        flow ? PyBytes_FromStringAndSize(room->bytes[at], room->headers[at].msg_len) : NULL;
    PyObject *both = bytes ? PyTuple_Pack(2, bytes, flow) : NULL;
    int failed = both ? PyList_Append(arrived, both) : -1;

    Py_XDECREF(flow);
    Py_XDECREF(bytes);
    Py_XDECREF(both);
    return failed;
}

/* Adds what one system call brings; how many that was, 0 at the end, or -1 and an exception. */
static int add_some(PyObject *arrived, struct room *room, int socket, int most, PyObject *flows,
                    PyObject *introduce)
{
    int count, error;

    for (int at = 0; at < most; at++) {
        room->headers[at].msg_hdr.msg_namelen = sizeof room->peers[at];
        room->peers[at].any.sa_family = AF_UNSPEC; /* or a former one would stay */
    }
    Py_BEGIN_ALLOW_THREADS
    count = recvmmsg(socket, room->headers, (unsigned)most, MSG_DONTWAIT, NULL);
    error = errno;
    Py_END_ALLOW_THREADS
    if (count < 0) /* other errors are of something sent before: they take a place, no more */
        return error == EAGAIN || error == EWOULDBLOCK || error == EINTR ? 0 : 1;
    for (int at = 0; at < count; at++)
        if (add(arrived, room, at, flows, introduce) < 0)
            return -1;
    return count < most ? 0 : count;
}

PyObject *receive(PyObject *module, PyObject *arguments)
{
    struct state *state = PyModule_GetState(module);
    PyObject *flows, *introduce, *arrived;
    int socket, most, count = 1;

    if (!PyArg_ParseTuple(arguments, "iiO!O:receive", &socket, &most, &PyDict_Type, &flows,
                          &introduce))
        return NULL;
    struct room *room = take_room(state);

    if (room == NULL)
        return NULL;
    arrived = PyList_New(0);
    while (arrived != NULL && count > 0 && most > 0) {
        count = add_some(arrived, room, socket, most < AT_ONCE ? most : AT_ONCE, flows, introduce);
        most -= count;
        if (count < 0)
            Py_CLEAR(arrived);
    }
    give_room_back(state, room);
    return arrived;
}

