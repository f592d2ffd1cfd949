/* `hereabouts.native.syncing`: a log is synced by a thread that does without the interpreter.

   `interface.py` beside this file says what each method gives. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000LL

struct log {
    PyObject_HEAD
    int descriptor;    /* of the log */
    int bell;          /* an eventfd */
    long long limit;   /* pages after which a checkpoint is due */
    long long company; /* nanoseconds that a small turn waits for others */
    pthread_mutex_t lock; /* of all that follows; nobody takes the interpreter while holding it */
    pthread_cond_t asked;
    long long turn, rows, pages; /* asked for, and not yet begun; turn 0: nothing is */
    long long last_rows;         /* of what was synced last */
    long long uncopied;    /* pages since the last checkpoint */
    long long synced;
    int fault; /* an errno that was not told yet */
    bool is_failed, is_stopped;
};

/* -- what the thread does, without the interpreter */

static void wait_for_company(struct log *log)
{
    struct timespec until;
    long long turn = log->turn;

    clock_gettime(CLOCK_MONOTONIC, &until);
    long long end = until.tv_nsec + log->company;

    until.tv_sec += (time_t)(end / NANOSECONDS);
    until.tv_nsec = (long)(end % NANOSECONDS);
    while (log->turn == turn && !log->is_stopped)
        if (pthread_cond_timedwait(&log->asked, &log->lock, &until) != 0)
            return;
}

/* 0, or why the log is perhaps not on disk. */
static int sync_log(struct log *log)
{
    while (fdatasync(log->descriptor) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

static void ring(struct log *log)
{
    uint64_t once = 1;

    /* It fails only where 2^64 rings were not heard, and then it rings anyway. */
    if (write(log->bell, &once, sizeof once) < 0)
        return;
}

/* Makes durable all that is asked for. The lock is held before and after. */
static void make_durable(struct log *log)
{
    if (2 * log->rows < log->last_rows)
        wait_for_company(log);
    long long turn = log->turn;

    log->last_rows = log->rows;
    log->uncopied += log->pages;
    log->turn = log->rows = log->pages = 0;
    pthread_mutex_unlock(&log->lock);
    int fault = sync_log(log);

    pthread_mutex_lock(&log->lock);
    if (fault == 0) {
        log->synced = turn;
    } else {
        log->fault = fault;
        log->is_failed = true;
        log->turn = log->rows = log->pages = 0; /* it will be undone with the turn that failed */
    }
    pthread_mutex_unlock(&log->lock);
    ring(log); /* whoever hears it takes the lock at once */
    pthread_mutex_lock(&log->lock);
}

/* Whether a checkpoint is due; false: it was stopped, and nothing is left to do. */
static bool work_on(struct log *log)
{
    bool is_due = false;

    pthread_mutex_lock(&log->lock);
    while (!is_due && (log->turn != 0 || !log->is_stopped)) {
        if (log->turn == 0) {
            pthread_cond_wait(&log->asked, &log->lock);
        } else {
            make_durable(log);
            is_due = !log->is_failed && log->uncopied >= log->limit;
        }
    }
    if (is_due)
        log->uncopied = 0;
    pthread_mutex_unlock(&log->lock);
    return is_due;
}

/* -- what Python calls */

static PyObject *work(PyObject *self, PyObject *Py_UNUSED(nothing))
{
    bool is_due;

    Py_BEGIN_ALLOW_THREADS
    is_due = work_on((struct log *)self);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(is_due);
}

static PyObject *written(PyObject *self, PyObject *arguments)
{
    struct log *log = (struct log *)self;
    long long turn, rows, pages;

    if (!PyArg_ParseTuple(arguments, "LLL:written", &turn, &rows, &pages))
        return NULL;
    pthread_mutex_lock(&log->lock);
    if (!log->is_failed) {
        log->turn = turn;
        log->rows += rows;
        log->pages += pages;
    }
    pthread_mutex_unlock(&log->lock);
    pthread_cond_signal(&log->asked);
    Py_RETURN_NONE;
}

static PyObject *resume(PyObject *self, PyObject *Py_UNUSED(nothing))
{
    struct log *log = (struct log *)self;

    pthread_mutex_lock(&log->lock);
    log->is_failed = false;
    log->uncopied = 0;
    pthread_mutex_unlock(&log->lock);
    Py_RETURN_NONE;
}

static PyObject *news(PyObject *self, PyObject *Py_UNUSED(nothing))
{
    struct log *log = (struct log *)self;

    pthread_mutex_lock(&log->lock);
    long long synced = log->synced;
    int fault = log->fault;

    log->fault = 0;
    pthread_mutex_unlock(&log->lock);
    return Py_BuildValue("(Li)", synced, fault);
}

static PyObject *stop(PyObject *self, PyObject *Py_UNUSED(nothing))
{
    struct log *log = (struct log *)self;

    pthread_mutex_lock(&log->lock);
    log->is_stopped = true;
    pthread_mutex_unlock(&log->lock);
    pthread_cond_signal(&log->asked);
    Py_RETURN_NONE;
}

static void prepare_lock(struct log *log)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&log->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&log->asked, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static PyObject *make(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    int descriptor, bell;
    long long limit;
    double company;

    if (names != NULL && PyDict_GET_SIZE(names) != 0) {
        PyErr_SetString(PyExc_TypeError, "Log takes no arguments by name");
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "iiLd:Log", &descriptor, &bell, &limit, &company))
        return NULL;
    if (!(company >= 0 && company <= 3600)) {
        PyErr_SetString(PyExc_ValueError, "nobody waits so long for company");
        return NULL;
    }
    struct log *log = (struct log *)type->tp_alloc(type, 0); /* all zeros */

    if (log == NULL)
        return NULL;
    log->descriptor = descriptor;
    log->bell = bell;
    log->limit = limit;
    log->company = (long long)(company * NANOSECONDS);
    prepare_lock(log);
    return (PyObject *)log;
}

/* Who works on it holds it, so nobody waits here. */
static void unmake(PyObject *self)
{
    struct log *log = (struct log *)self;
    PyTypeObject *type = Py_TYPE(self);

    pthread_cond_destroy(&log->asked);
    pthread_mutex_destroy(&log->lock);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"work", work, METH_NOARGS, NULL},
    {"written", written, METH_VARARGS, NULL},
    {"resume", resume, METH_NOARGS, NULL},
    {"news", news, METH_NOARGS, NULL},
    {"stop", stop, METH_NOARGS, NULL},
    {0},
};

static PyType_Slot log_slots[] = {
    {Py_tp_new, make}, {Py_tp_dealloc, unmake}, {Py_tp_methods, methods}, {0}};

static PyType_Spec log_specification = {
    .name = "hereabouts.native.syncing.Log",
    .basicsize = sizeof(struct log),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = log_slots,
};

static int begin(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &log_specification, NULL);

    if (type == NULL)
        return -1;
    int outcome = PyModule_AddType(module, (PyTypeObject *)type);

    Py_DECREF(type);
    return outcome;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, begin}, {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hereabouts.native.syncing",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit_syncing(void)
{
    return PyModuleDef_Init(&definition);
}
