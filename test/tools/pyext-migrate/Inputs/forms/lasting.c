/* Objects with static storage: sentinels and an object with fields. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    int width;
    const char *name;
    PyObject *extra;
} Mark;

static PyTypeObject Mark_Type;
static PyTypeObject Missing_Type;

static Mark _narrow = {PyObject_HEAD_INIT(&Mark_Type) 3, "narrow", NULL};
static Mark _plain = {PyObject_HEAD_INIT(&Mark_Type) .name = "plain"};
#define NARROW ((PyObject *)&_narrow)

/* What is not there. */
static PyObject _missing = {_PyObject_EXTRA_INIT 1, &Missing_Type};
#define missing (&_missing)
#define RETURN_MISSING return Py_INCREF(missing), missing

static void
mark_dealloc(Mark *self)
{
    Py_XDECREF(self->extra);
    PyObject_Del(self);
}

static PyObject *
mark_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<%s %d>", ((Mark *)self)->name, ((Mark *)self)->width);
}

static PyObject *
mark_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Mark *self = PyObject_New(Mark, &Mark_Type);
    if (self == NULL)
        return NULL;
    self->width = _narrow.width + 1;
    self->name = "new";
    self->extra = NARROW;
    Py_INCREF(self->extra);
    return (PyObject *)self;
}

static PyTypeObject Mark_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "lasting.Mark",
    .tp_basicsize = sizeof(Mark),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = (destructor)mark_dealloc,
    .tp_repr = mark_repr,
    .tp_new = mark_new,
};

/* Never called. */
static void
missing_dealloc(PyObject *Py_UNUSED(ignored))
{
    /* As that of None. */
    Py_FatalError("deallocating missing");
}

static PyObject *
missing_repr(PyObject *self)
{
    return PyUnicode_FromString("missing");
}

static PyObject *
missing_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    RETURN_MISSING;
}

static PyTypeObject Missing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "lasting.MissingType",
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = missing_dealloc,
    .tp_repr = missing_repr,
    .tp_new = missing_new,
};

static PyObject *
find(PyObject *module, PyObject *key)
{
    if (key == missing)
        Py_RETURN_TRUE;
    if (key == NARROW) {
        PyObject *found = NARROW;
        Py_INCREF(found);
        return found;
    }
    RETURN_MISSING;
}

static PyMethodDef functions[] = {
    {"find", find, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "lasting", NULL, -1, functions, NULL, NULL, NULL, NULL
};

PyMODINIT_FUNC
PyInit_lasting(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    if (PyType_Ready(&Mark_Type) < 0 || PyType_Ready(&Missing_Type) < 0)
        goto error;
    Py_INCREF(&Mark_Type);
    PyModule_AddObject(m, "Mark", (PyObject *)&Mark_Type);
    PyModule_AddObject(m, "narrow", NARROW);
    PyModule_AddObject(m, "plain", (PyObject *)&_plain);
    Py_INCREF(missing);
    if (PyModule_AddObject(m, "missing", missing) < 0)
        goto error;
    return m;
error:
    Py_DECREF(m);
    return NULL;
}
