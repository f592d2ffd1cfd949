/* What the files of the module `datagrams` share. Linux only. */
#ifndef HEREABOUTS_DATAGRAMS_H
#define HEREABOUTS_DATAGRAMS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#define AT_ONCE 32 /* datagrams a system call: more of them save nothing that can be measured */

struct room;

struct state {
    struct room *room; /* NULL while it is in use, and before it is first used */
    PyObject *host;    /* the names of a flow's fields */
    PyObject *port;
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

PyObject *receive(PyObject *module, PyObject *arguments);
PyObject *send_packets(PyObject *module, PyObject *arguments);

#endif
