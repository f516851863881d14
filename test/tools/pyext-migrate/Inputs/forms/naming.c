/* Deallocators that name their own type, and types in lists. */
#include <Python.h>

#define DEFERRED_ADDRESS(address) 0

typedef struct {
    PyObject_HEAD
    PyObject *first;
} Base;

static PyTypeObject Base_Type, Sub_Type;
static PyNumberMethods base_as_number;
static PyObject *last = NULL,   /* the one before */
                *names[2] = {NULL, NULL}; /* ours, theirs */
static int freed = 0, gone[1] = {0};

static void
base_dealloc(Base *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->first);
    Base_Type.tp_free((PyObject *)self);
}

static int
base_traverse(Base *self, visitproc visit, void *arg)
{
    Py_VISIT(self->first);
    return 0;
}

static int
base_clear(Base *self)
{
    Py_CLEAR(self->first);
    return 0;
}

static int
base_bool(Base *self)
{
    return self->first != NULL;
}

static PyObject *
base_keep(Base *self, PyObject *op)
{
    Py_INCREF(op);
    Py_XSETREF(self->first, op);
    Py_INCREF(op);
    Py_XSETREF(last, op);
    freed++;
    gone[0]++;
    Py_INCREF(names[op != Py_None]);
    return names[op != Py_None];
}

static PyMethodDef base_methods[] = {
    {"keep", (PyCFunction)base_keep, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static PyTypeObject Base_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "naming.Base",
    .tp_basicsize = sizeof(Base),
    .tp_dealloc = (destructor)base_dealloc,
    .tp_as_number = &base_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)base_traverse,
    .tp_clear = (inquiry)base_clear,
    .tp_methods = base_methods,
    .tp_new = PyType_GenericNew,
};

static PyNumberMethods base_as_number = {
    .nb_bool = (inquiry)base_bool,
};

typedef struct {
    Base base;
    PyObject *second;
} Sub;

static int
sub_forget(Sub *self)
{
    Py_CLEAR(self->second);
    return Sub_Type.tp_base->tp_clear((PyObject *)self);
}

static void
sub_dealloc(Sub *self)
{
    if (Py_TYPE(self) == &Sub_Type)
        PyErr_Clear();
    sub_forget(self);
    (Sub_Type.tp_base->tp_dealloc)((PyObject *)self);
}

static PyTypeObject Sub_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "naming.Sub",
    .tp_basicsize = sizeof(Sub),
    .tp_dealloc = (destructor)sub_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)base_traverse,
    .tp_clear = (inquiry)sub_forget,
    .tp_base = DEFERRED_ADDRESS(&Base_Type),
    .tp_new = PyType_GenericNew,
};

typedef struct {
    PyListObject list;
    PyObject *more;
} Row;

static void
row_dealloc(PyObject *self)
{
    if (((Row *)self)->more == NULL)
        (PyList_Type.tp_dealloc)(self);
    else {
        Py_CLEAR(((Row *)self)->more);
        (PyList_Type.tp_dealloc)(self);
    }
}

static PyTypeObject Row_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "naming.Row",
    .tp_basicsize = sizeof(Row),
    .tp_dealloc = row_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

typedef struct {
    PyObject_HEAD
} Other;

static PyTypeObject Other_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "naming.Other",
    .tp_basicsize = sizeof(Other),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
}, Another_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "naming.Another",
    .tp_basicsize = sizeof(Other),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
};

static PyObject *
other(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    return _PyObject_New(&Other_Type);
}

static PyMethodDef methods[] = {
    {"other", other, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "naming", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_naming(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
    names[0] = PyUnicode_InternFromString("none");
    names[1] = PyUnicode_InternFromString("some");
    if (names[0] == NULL || names[1] == NULL)
        return NULL;
    Sub_Type.tp_base = &Base_Type;
    Row_Type.tp_base = &PyList_Type;
    Other_Type.tp_base = Another_Type.tp_base = &PyBaseObject_Type;
    if (PyType_Ready(&Base_Type) < 0 || PyType_Ready(&Sub_Type) < 0 ||
        PyType_Ready(&Row_Type) < 0 || PyType_Ready(&Other_Type) < 0 ||
        PyType_Ready(&Another_Type) < 0)
        return NULL;
    if (PyModule_AddType(m, &Base_Type) < 0 || PyModule_AddType(m, &Sub_Type) < 0 ||
        PyModule_AddType(m, &Row_Type) < 0 || PyModule_AddType(m, &Other_Type) < 0 ||
        PyModule_AddType(m, &Another_Type) < 0)
        return NULL;
    return m;
}
