/* Objects in arrays and structs, several variables in one declaration, values from the start, and an m_free that is there. */
#include <Python.h>
#include <structmember.h>

#define N_CACHED 16

static PyObject *cache[N_CACHED] = {NULL};
static struct {
    PyObject *name;
    int hits;
} info;
static PyObject *empty, *one;
static int limit = 9;
static PyTypeObject Stats;
static int stats_ready = 0;

static PyStructSequence_Field stats_fields[] = {{"hits", NULL}, {"limit", NULL}, {NULL, NULL}};
static PyStructSequence_Desc stats_desc = {"blocks.stats", NULL, stats_fields, 2};

static PyObject *
cached(PyObject *self, PyObject *arg)
{
    long at = PyLong_AsLong(arg);
    if (at < 0 || at >= N_CACHED) {
        PyErr_Clear();
        Py_INCREF(empty);
        return empty;
    }
    if (at > limit) {
        Py_INCREF(one);
        return one;
    }
    info.hits++;
    if (cache[at] == NULL) {
        cache[at] = PyBytes_FromStringAndSize("0123456789abcdef", at);
        if (cache[at] == NULL)
            return NULL;
    }
    Py_INCREF(cache[at]);
    return cache[at];
}

static PyObject *
set_limit(PyObject *self, PyObject *arg)
{
    limit = (int)PyLong_AsLong(arg);
    Py_RETURN_NONE;
}

static PyObject *
stats(PyObject *self, PyObject *unused)
{
    PyObject *result = PyStructSequence_New(&Stats);
    if (result == NULL)
        return NULL;
    PyStructSequence_SET_ITEM(result, 0, PyLong_FromLong(info.hits));
    PyStructSequence_SET_ITEM(result, 1, PyLong_FromLong(limit));
    return result;
}

static PyMethodDef methods[] = {
    {"cached", cached, METH_O, NULL},
    {"set_limit", set_limit, METH_O, NULL},
    {"stats", stats, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static void
free_module(void *m)
{
    (void)m;
}

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "blocks", NULL, -1, methods, NULL, NULL, NULL, free_module};

PyMODINIT_FUNC
PyInit_blocks(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
#ifdef Py_GIL_DISABLED
    if (PyUnstable_Module_SetGIL(m, Py_MOD_GIL_USED) < 0) {
        Py_DECREF(m);
        return NULL;
    }
#endif
    empty = PyTuple_New(0);
    one = PyLong_FromLong(1);
    info.name = PyUnicode_FromString("blocks");
    if (empty == NULL || one == NULL || info.name == NULL)
        return NULL;
    if (!stats_ready) {
        if (PyStructSequence_InitType2(&Stats, &stats_desc) < 0)
            return NULL;
        stats_ready = 1;
    }
    Py_INCREF(&Stats);
    if (PyModule_AddObject(m, "stats_type", (PyObject *)&Stats) < 0)
        return NULL;
    return m;
}
