/* Datagrams out: many a system call, up to the first that the system does not take. */
#include "datagrams.h"

#define NO_ADDRESS (-1)
#define BROKEN (-2) /* an exception is set */

/* Fills in address and port; 0, or why that cannot be: an errno, or NO_ADDRESS. */
static int fill_in(union address *peer, int family, const char *host, size_t length, long port)
{
    bool is_v6 = family == AF_INET6;
    void *address = is_v6 ? (void *)&peer->v6.sin6_addr : (void *)&peer->v4.sin_addr;
    struct in6_addr other;

    memset(peer, 0, sizeof *peer);
    peer->any.sa_family = (sa_family_t)family;
    if (is_v6)
        peer->v6.sin6_port = htons((uint16_t)port);
    else
        peer->v4.sin_port = htons((uint16_t)port);
    if (strlen(host) != length) /* or what stands behind a zero byte would be overlooked */
        return NO_ADDRESS;
    if (inet_pton(family, host, address) != 1)
        return inet_pton(is_v6 ? AF_INET : AF_INET6, host, &other) == 1 ? EAFNOSUPPORT : NO_ADDRESS;
    return port < 0 || port > 65535 ? EINVAL : 0;
}

/* As `fill_in`, from the flow's fields; BROKEN: it has none, and an exception is set. */
static int resolve(struct state *state, union address *peer, int family, PyObject *flow)
{
    PyObject *host = PyObject_GetAttr(flow, state->host);
    PyObject *number = host ? PyObject_GetAttr(flow, state->port) : NULL;
    long port = number ? PyLong_AsLong(number) : -1;
    int why = BROKEN;

    if (number != NULL && (port != -1 || !PyErr_Occurred())) {
        Py_ssize_t length;
        const char *text = PyUnicode_AsUTF8AndSize(host, &length);

        if (text != NULL) {
            why = fill_in(peer, family, text, (size_t)length, port);
        } else if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { /* bytes of no text */
            PyErr_Clear();
            why = NO_ADDRESS;
        }
    }
    Py_XDECREF(host);
    Py_XDECREF(number);
    return why;
}

/* Datagrams made ready for one system call. */
struct load {
    struct mmsghdr headers[AT_ONCE];
    struct iovec places[AT_ONCE];
    union address peers[AT_ONCE];
    PyObject *payloads[AT_ONCE]; /* held while they are sent */
    int count;
};

/* Makes one more ready; as `resolve`. */
static int put_in(struct state *state, struct load *load, PyObject *packet, int family)
{
    union address *peer = &load->peers[load->count];
    struct iovec *place = &load->places[load->count];

    if (!PyTuple_Check(packet) || PyTuple_GET_SIZE(packet) < 2 ||
        !PyBytes_Check(PyTuple_GET_ITEM(packet, 1))) {
        PyErr_SetString(PyExc_TypeError, "a packet is a tuple of flow, bytes and more");
        return BROKEN;
    }
    int why = resolve(state, peer, family, PyTuple_GET_ITEM(packet, 0));

    if (why != 0)
        return why;
    PyObject *payload = Py_NewRef(PyTuple_GET_ITEM(packet, 1));

    place->iov_base = PyBytes_AS_STRING(payload);
    place->iov_len = (size_t)PyBytes_GET_SIZE(payload);
    load->headers[load->count].msg_hdr = (struct msghdr){
        .msg_name = peer,
        .msg_namelen = family == AF_INET6 ? sizeof peer->v6 : sizeof peer->v4,
        .msg_iov = place,
        .msg_iovlen = 1,
    };
    load->payloads[load->count++] = payload;
    return 0;
}

static void unload(struct load *load)
{
    while (load->count > 0)
        Py_DECREF(load->payloads[--load->count]);
}

/* Sends what is ready; how many have left: all, unless `why` is set to what the next one met. */
static int send_off(struct load *load, int socket, int *why)
{
    int gone = 0;

    Py_BEGIN_ALLOW_THREADS
    while (gone < load->count && *why == 0) {
        int count = sendmmsg(socket, load->headers + gone, (unsigned)(load->count - gone),
                             MSG_DONTWAIT);

        if (count > 0)
            gone += count;
        else if (count == 0)
            *why = EAGAIN;
        else if (errno != EINTR)
            *why = errno;
    }
    Py_END_ALLOW_THREADS
    return gone;
}

PyObject *send_packets(PyObject *module, PyObject *arguments)
{
    struct state *state = PyModule_GetState(module);
    PyObject *packets;
    Py_ssize_t at;
    int socket, family, why = 0;
    struct load load = {.count = 0};

    if (!PyArg_ParseTuple(arguments, "iiO!n:send", &socket, &family, &PyList_Type, &packets, &at))
        return NULL;
    if (at < 0 || (family != AF_INET && family != AF_INET6)) {
        PyErr_SetString(PyExc_ValueError, "no place in a list, or not a socket of IPv4 or IPv6");
        return NULL;
    }
    while (why == 0 && at < PyList_GET_SIZE(packets)) {
        int met = 0;

        while (why == 0 && load.count < AT_ONCE && at + load.count < PyList_GET_SIZE(packets))
            why = put_in(state, &load, PyList_GET_ITEM(packets, at + load.count), family);
        if (why != BROKEN)
            at += send_off(&load, socket, &met);
        unload(&load);
        why = met ? met : why;
    }
    return why == BROKEN ? NULL : Py_BuildValue("(ni)", at, why);
}

