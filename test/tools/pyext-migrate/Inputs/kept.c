/* What cannot move, and two things that can although the rest stays. */
#include <Python.h>
#include <syslog.h>

static PyObject *Error;        /* needed by a callback: the interpreter has the module */
static PyObject *cache;        /* the rest stays, this moves */
static int opened;             /* belongs to the log of the process */
static _Thread_local PyObject *last;
static PyTypeObject Item_Type;
struct api {
    PyTypeObject *type;
};
static struct api table = {&Item_Type};
typedef struct {
    int low, high;
} Limits;
static Limits defaults = {1, 2}; /* who knows who has its address */

typedef struct {
    PyObject_HEAD
} Item;

static void
item_dealloc(Item *self)
{
    opened--;
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyTypeObject Item_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "kept.Item",
    .tp_basicsize = sizeof(Item),
    .tp_dealloc = (destructor)item_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
};

static int
positive(const void *left, const void *right)
{
    long value = *(const long *)left;
    if (value < 0 && !PyErr_Occurred())
        PyErr_SetString(Error, "not positive");
    return value > *(const long *)right;
}

static PyObject *
kept_open(PyObject *module, PyObject *args)
{
    long facility[2] = {0, 0};
    if (!PyArg_ParseTuple(args, "l", &facility[1]))
        return NULL;
    qsort(facility, 2, sizeof(long), positive);
    if (PyErr_Occurred())
        return NULL;
    openlog(NULL, 0, (int)facility[1]);
    opened = 1;
    Py_XSETREF(last, PyLong_FromLong(facility[1]));
    return PyLong_FromLong(opened);
}

static Limits *
limited(void)
{
    static Limits *current;
    current = &defaults;
    current->low++;
    return current;
}

static PyObject *
kept_cached(PyObject *module, PyObject *value)
{
    if (limited()->low > 100)
        Py_RETURN_NONE;
    Py_INCREF(value);
    Py_XSETREF(cache, value);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"open", kept_open, METH_VARARGS, NULL},
    {"cached", kept_cached, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef kept_module = {PyModuleDef_HEAD_INIT, "kept", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_kept(void)
{
    PyObject *m = PyModule_Create(&kept_module);
    if (!m)
        return NULL;
    if (PyType_Ready(&Item_Type) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    Error = PyErr_NewException("kept.Error", NULL, NULL);
    if (Error == NULL || PyModule_AddObject(m, "_C_API", PyCapsule_New(&table, "kept._C_API", NULL)) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
