/* A macro that stands for the state, and what is left where something was. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>

static struct PyModuleDef standing_module;

typedef struct {
    PyObject *error;
    PyObject *seen;
    long limit;
} standing_state;

static inline standing_state *
get_standing_state(PyObject *module)
{
    void *state = PyModule_GetState(module);
    assert(state != NULL);
    return (standing_state *)state;
}

#define standing_global ((standing_state *)PyModule_GetState( \
    PyState_FindModule(&standing_module)))

typedef struct {
    PyObject_HEAD
    long n;
    double weight;
} Count;

static PyTypeObject Count_Type;

#ifndef _Py_IDENTIFIER /* Gone from the headers. */
#define _Py_IDENTIFIER(name) static const char PyId_##name[] = #name
#endif

/* Also the name of an attribute. */
static PyObject *weight;

static int
add(Count *self, long n)
{
    if (self->n + n > standing_global->limit) {
        PyErr_Format(standing_global->error, "more than %ld", standing_global->limit);
        return -1;
    }
    self->n += n;
    return 0;
}

static PyObject *
Count_add(Count *self, PyObject *arg)
{
    long n = PyLong_AsLong(arg);
    if (n == -1 && PyErr_Occurred())
        return NULL;
#ifdef STANDING_LOUD
    PyErr_SetString(standing_global->error, "loud");
    return NULL;
#endif
    if (add(self, n) < 0)
        return NULL;
    return PyLong_FromLong(self->n);
}

static PyObject *
Count_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return type->tp_alloc(type, 0);
}

static void
Count_dealloc(Count *self)
{
#ifdef MS_WINDOWS
    Py_BEGIN_ALLOW_THREADS
    if (self->n != 0)
        Sleep(self->n);
    Py_END_ALLOW_THREADS
#endif /* MS_WINDOWS */
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef Count_methods[] = {
    {"add", (PyCFunction)Count_add, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static PyTypeObject Count_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "standing.Count",
    .tp_basicsize = sizeof(Count),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = Count_methods,
    .tp_new = Count_new,
    .tp_dealloc = (destructor)Count_dealloc,
};

static PyObject *
standing_see(PyObject *self, PyObject *arg)
{
    if (PyList_Append(standing_global->seen, arg) < 0)
        return NULL;
    return PyLong_FromSsize_t(PyList_GET_SIZE(standing_global->seen));
}

static PyObject *
standing_limit(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(get_standing_state(self)->limit);
}

static PyObject *
standing_weight(PyObject *self, PyObject *arg)
{
    _Py_IDENTIFIER(weight);
    if (sizeof(PyId_weight) == offsetof(Count, weight))
        Py_RETURN_NONE;
    Py_INCREF(arg);
    Py_XSETREF(weight, arg);
    return PyObject_Repr(weight);
}

/* Not what Argument Clinic splits off: its first argument is no module. */
static int
total_impl(const Count *self, long n)
{
    if (self->n + n > standing_global->limit) {
        PyErr_SetString(standing_global->error, "total");
        return -1;
    }
    return 0;
}

static PyObject *
total(PyObject *module, PyObject *arg)
{
    Count count;
    count.n = 1;
    if (total_impl(&count, PyLong_AsLong(arg)) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef standing_methods[] = {
    {"total", total, METH_O, NULL},
    {"weight", standing_weight, METH_O, NULL},
    {"see", standing_see, METH_O, NULL},
    {"limit", standing_limit, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static int
standing_traverse(PyObject *m, visitproc visit, void *arg)
{
    Py_VISIT(get_standing_state(m)->error);
    Py_VISIT(get_standing_state(m)->seen);
    return 0;
}

static int
standing_clear(PyObject *m)
{
    Py_CLEAR(get_standing_state(m)->error);
    Py_CLEAR(get_standing_state(m)->seen);
    return 0;
}

static void
standing_free(void *m)
{
    standing_clear((PyObject *)m);
}

#if PY_MAJOR_VERSION >= 3

static struct PyModuleDef standing_module = {
    PyModuleDef_HEAD_INIT,
    "standing",
    NULL,
    sizeof(standing_state),
    standing_methods,
    NULL,
    standing_traverse,
    standing_clear,
    standing_free
};

#endif

PyMODINIT_FUNC
PyInit_standing(void)
{
    PyObject *m;

    if (PyType_Ready(&Count_Type) < 0)
        return NULL;

    m = PyModule_Create(&standing_module);

    if (m == NULL)
        return NULL;

    get_standing_state(m)->limit = 10;

    get_standing_state(m)->error = PyErr_NewException("standing.Error", NULL, NULL);
    if (get_standing_state(m)->error == NULL)
        return NULL;
    get_standing_state(m)->seen = PyList_New(0);
    if (get_standing_state(m)->seen == NULL)
        return NULL;
    Py_INCREF(get_standing_state(m)->error);
    PyModule_AddObject(m, "Error", get_standing_state(m)->error);
    Py_INCREF(&Count_Type);
    PyModule_AddObject(m, "Count", (PyObject *)&Count_Type);

    return m;
}
