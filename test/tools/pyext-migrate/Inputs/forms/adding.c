/* Types that a macro pastes together, and types that a function readies and adds. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    long value;
} Number;

#define DEFINE(N)                                                         \
    static PyObject *                                                     \
    N##_get(PyObject *self, void *closure)                                \
    {                                                                     \
        return PyLong_FromLong(((Number *)self)->value);                  \
    }                                                                     \
    static PyGetSetDef N##_getset[] = {                                   \
        {"value", N##_get, NULL, NULL, NULL},                             \
        {NULL, NULL, NULL, NULL, NULL}                                    \
    };

DEFINE(Even)
DEFINE(Odd)

static PyTypeObject EvenType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "adding.Even",
    .tp_basicsize = sizeof(Number),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_getset = Even_getset,
    .tp_new = PyType_GenericNew,
};

static PyTypeObject OddType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "adding.Odd",
    .tp_basicsize = sizeof(Number),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_getset = Odd_getset,
    .tp_new = PyType_GenericNew,
};

static PyTypeObject PrimeType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "adding.Prime",
    .tp_basicsize = sizeof(Number),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_base = &EvenType,
};

static PyObject *
kind(PyObject *module, PyObject *object)
{
    PyTypeObject *type = NULL;
    if (Py_TYPE(object) == &EvenType)
        type = &EvenType;
    else if (Py_TYPE(object) == &OddType)
        type = &OddType;
    if (type == NULL)
        Py_RETURN_NONE;
    Py_INCREF(type);
    return (PyObject *)type;
}

static int
add_type(PyObject *m, const char *name, PyTypeObject *type)
{
    if (PyType_Ready(type) < 0)
        return -1;
    Py_INCREF(type);
    if (PyModule_AddObject(m, name, (PyObject *)type) < 0) {
        Py_DECREF(type);
        return -1;
    }
    return 0;
}

#define ADD(N)                                                            \
    if (PyType_Ready(&N##Type) < 0)                                       \
        return NULL;                                                      \
    Py_INCREF(&N##Type);                                                  \
    if (PyModule_AddObject(m, #N, (PyObject *)&N##Type) < 0)              \
        return NULL;

static PyMethodDef methods[] = {
    {"kind", kind, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "adding", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_adding(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    ADD(Even)
    ADD(Odd)
    if (add_type(m, "Prime", &PrimeType) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
