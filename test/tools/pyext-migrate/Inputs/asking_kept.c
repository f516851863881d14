/* Functions that may not ask the interpreter, and what is theirs. */
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static PyObject *at_end, *in_thread, *by_helper, *before, *taken, *restored, *tested, *pair_of, *reached, *in_signal, *raised;
static long counted, compared, in_struct, in_table;

/* Handed to the C library, which calls it when there is no interpreter any more. */
static void
at_exit(void)
{
    Py_CLEAR(at_end);
}

static PyThreadState *saved;

/* A thread of its own, which attaches in a way that says nothing of where it is attached before. */
static void *
run_thread(void *unused)
{
    PyEval_RestoreThread(saved);
    Py_CLEAR(in_thread);
    saved = PyEval_SaveThread();
    return unused;
}

static PyGILState_STATE
enter(void)
{
    return PyGILState_Ensure();
}

/* Called by qsort() without a thread state: a function of the extension attaches. */
static int
helped(const void *left, const void *right)
{
    PyGILState_STATE gil = enter();
    Py_CLEAR(by_helper);
    PyGILState_Release(gil);
    return *(const int *)left - *(const int *)right;
}

/* Tests a pointer before it attaches. */
static int
tests_before(const void *left, const void *right)
{
    if (before == NULL)
        return 0;
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_CLEAR(before);
    PyGILState_Release(gil);
    return *(const int *)left - *(const int *)right;
}

/* Has taken something by then. */
static int
takes(const void *left, const void *right)
{
    int *copy = malloc(sizeof(int));
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_CLEAR(taken);
    PyGILState_Release(gil);
    free(copy);
    return *(const int *)left - *(const int *)right;
}

/* Handed to qsort() where the thread is not attached. */
static int
compares(const void *left, const void *right)
{
    compared++;
    return *(const int *)left - *(const int *)right;
}

/* Uses no object: nothing says that it is attached. */
static int
counts(const void *left, const void *right)
{
    counted++;
    return *(const int *)left - *(const int *)right;
}

/* May be called either way. */
static int
asks(const void *left, const void *right)
{
    if (PyGILState_Check())
        Py_CLEAR(tested);
    return *(const int *)left - *(const int *)right;
}

/* What tests the pointer hands on to what attaches. */
static void
tell(void)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyErr_Print();
    PyGILState_Release(gil);
}

static int
tells(const void *left, const void *right)
{
    if (restored != NULL)
        tell();
    return *(const int *)left - *(const int *)right;
}

typedef struct {
    PyObject *first, *second;
} Pair;

/* There is no value that says that it has failed. */
static Pair
make_pair(int n, ...)
{
    Pair made = {pair_of, n ? pair_of : NULL};
    return made;
}

static void
on_signal(int number)
{
    Py_CLEAR(in_signal);
    (void)number;
}

/* Attaches itself; it is called before its caller does. */
static int
raises(const int *value)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    int result = PyObject_IsTrue(raised);
    PyGILState_Release(gil);
    return result + *value;
}

/* This one attaches first, to the main interpreter. */
static int
ensures(const void *left, const void *right)
{
    int result = 0;
    const int *first;
    switch (*(const int *)left) {
    case 7:
        return counts(left, right);
    case 8:
        return 0;
    case 9:
        return raises((const int *)left);
    }
    first = (const int *)left;
    PyGILState_STATE gil = PyGILState_Ensure();
    result = reached == Py_None;
    in_struct++;
    PyGILState_Release(gil);
    return result + *first - *(const int *)right;
}

/* Tables of functions that change at run time, or that hold more, are not the same in every interpreter. */
static struct {
    int (*order)(const void *, const void *);
    int enabled;
} hooks = {counts, 0};
static void *more_api[] = {(void *)counts, &in_table};

static PyObject *
kept_hook(PyObject *module, PyObject *ignored)
{
    hooks.enabled = 1;
    in_table++;
    more_api[0] = NULL;
    return PyLong_FromLong(hooks.enabled);
}

static PyObject *
kept_signal(PyObject *module, PyObject *ignored)
{
    signal(SIGUSR1, on_signal);
    return Py_NewRef(module);
}

static PyObject *
kept_at_exit(PyObject *module, PyObject *ignored)
{
    return PyLong_FromLong(atexit(at_exit));
}

static PyObject *
kept_run(PyObject *module, PyObject *args)
{
    int values[2] = {2, 1};
    pthread_t thread;
    qsort(values, 2, sizeof(int), counts);
    qsort(values, 2, sizeof(int), asks);
    qsort(values, 2, sizeof(int), tells);
    Py_BEGIN_ALLOW_THREADS
    qsort(values, 2, sizeof(int), compares);
    qsort(values, 2, sizeof(int), helped);
    qsort(values, 2, sizeof(int), tests_before);
    qsort(values, 2, sizeof(int), takes);
    qsort(values, 2, sizeof(int), ensures);
    Py_END_ALLOW_THREADS
    saved = PyEval_SaveThread();
    pthread_create(&thread, NULL, run_thread, NULL);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(saved);
    Py_XSETREF(reached, Py_NewRef(args));
    Pair made = make_pair(1);
    return Py_NewRef(made.first == NULL ? module : made.second);
}

static PyMethodDef methods[] = {
    {"at_exit", kept_at_exit, METH_NOARGS, NULL},
    {"signal", kept_signal, METH_NOARGS, NULL},
    {"hook", kept_hook, METH_NOARGS, NULL},
    {"run", kept_run, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "asking_kept", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_asking_kept(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    taken = at_end = in_thread = by_helper = before = restored = tested = pair_of = in_signal = NULL;
    pair_of = PyList_New(0);
    restored = PyList_New(0);
    raised = PyList_New(0);
    PyModule_AddObject(m, "api", PyCapsule_New(more_api, "asking_kept.api", NULL));
    return m;
}
