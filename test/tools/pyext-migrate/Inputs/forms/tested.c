/* What is only asserted of types; a deallocator of Python's own; one table of functions for the module and for a type. */
#include <Python.h>
#include <structmember.h>

typedef struct {
    PyObject *error;
} TestedState;

typedef struct {
    PyObject_HEAD
    long *values;
    Py_ssize_t size;
    PyObject *weakrefs;
} Row;

typedef struct {
    PyObject_HEAD
    long version;
} Edition;

static PyTypeObject Row_Type;
static PyTypeObject Edition_Type;
static PyObject *origin; /* Given to the module without a reference of its own. */

#define Row_Check(op) PyObject_TypeCheck(op, &Row_Type)
#define Edition_Check(op) (Py_TYPE(op) == &Edition_Type)

static struct PyModuleDef tested_module;

static TestedState *
get_tested(PyObject *module)
{
    return (TestedState *)PyModule_GetState(module);
}

/* Needs no state but for what it asserts. */
static PyObject *
get_row(PyObject *op, Py_ssize_t i)
{
    assert(Row_Check(op));
    Row *row = (Row *)op;
    return PyLong_FromLong(row->values[i]);
}

static PyObject *
row_item(Row *self, Py_ssize_t i)
{
    if (i < 0 || i >= self->size) {
        PyErr_SetString(PyExc_IndexError, "no such value");
        return NULL;
    }
    return get_row((PyObject *)self, i);
}

static Py_ssize_t
row_length(Row *self)
{
    return self->size;
}

static void
row_dealloc(PyObject *op)
{
    Row *self;
    assert(Row_Check(op));
    self = (Row *)op;
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(op);
    PyMem_Free(self->values);
    Py_TYPE(self)->tp_free(self);
}

static Row *
make_row(PyTypeObject *type, Py_ssize_t size)
{
    assert(PyType_IsSubtype(type, &Row_Type));
    Row *self = (Row *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->values = PyMem_Calloc(size + 1, sizeof(long));
    self->size = size;
    if (self->values == NULL) {
        Py_DECREF(self);
        return (Row *)PyErr_NoMemory();
    }
    return self;
}

static PyObject *
row_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *names[] = {"size", NULL};
    Py_ssize_t size = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|n", names, &size))
        return NULL;
    return (PyObject *)make_row(type, size);
}

static PyObject *
row_concat(PyObject *self, PyObject *other)
{
    if (!Row_Check(other)) {
        PyErr_SetString(PyExc_TypeError, "no row");
        return NULL;
    }
    return (PyObject *)make_row(Py_TYPE(self), ((Row *)self)->size + ((Row *)other)->size);
}

static PySequenceMethods row_as_sequence = {
    .sq_length = (lenfunc)row_length,
    .sq_concat = row_concat,
    .sq_item = (ssizeargfunc)row_item,
};

static PyTypeObject Row_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tested.Row",
    .tp_basicsize = sizeof(Row),
    .tp_dealloc = row_dealloc,
    .tp_as_sequence = &row_as_sequence,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_weaklistoffset = offsetof(Row, weakrefs),
    .tp_new = row_new,
};

/* Objects without a collector: that of the chain visits what is in them. */
typedef struct Link {
    PyObject_HEAD
    struct Link *next;
    PyObject *item;
} Link;

static void
link_dealloc(PyObject *op)
{
    Py_XDECREF(((Link *)op)->item);
    PyObject_Free(op);
}

static PyTypeObject Link_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tested.Link",
    .tp_basicsize = sizeof(Link),
    .tp_dealloc = link_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

typedef struct {
    PyObject_HEAD
    Link *first;
} Chain;

static int
chain_traverse(Chain *self, visitproc visit, void *arg)
{
    for (Link *link = self->first; link != NULL; link = link->next)
        Py_VISIT(link->item);
    return 0;
}

static int
chain_clear(Chain *self)
{
    while (self->first != NULL) {
        Link *link = self->first;
        self->first = link->next;
        Py_DECREF(link);
    }
    return 0;
}

static void
chain_dealloc(Chain *self)
{
    PyObject_GC_UnTrack(self);
    chain_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
chain_add(Chain *self, PyObject *item)
{
    Link *link;
    if (PyType_Ready(&Link_Type) < 0)
        return NULL;
    link = PyObject_New(Link, &Link_Type);
    if (link == NULL)
        return NULL;
    Py_INCREF(item);
    link->item = item;
    link->next = self->first;
    self->first = link;
    Py_RETURN_NONE;
}

static PyMethodDef chain_methods[] = {
    {"add", (PyCFunction)chain_add, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject Chain_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tested.Chain",
    .tp_basicsize = sizeof(Chain),
    .tp_dealloc = (destructor)chain_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)chain_traverse,
    .tp_clear = (inquiry)chain_clear,
    .tp_methods = chain_methods,
    .tp_new = PyType_GenericNew,
};

static PyObject *
version(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (origin == NULL)
        return NULL;
    if (self != NULL && Edition_Check(self))
        return PyLong_FromLong(((Edition *)self)->version);
    return PyLong_FromLong(99);
}

static PyObject *
edition(PyObject *self, PyObject *number)
{
    Edition *made = PyObject_New(Edition, &Edition_Type);
    if (made == NULL)
        return NULL;
    made->version = PyLong_AsLong(number);
    return (PyObject *)made;
}

static PyObject *
fail(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    TestedState *st = get_tested(PyState_FindModule(&tested_module));
    PyErr_SetString(st->error, "failed");
    return NULL;
}

static PyMethodDef functions[] = {
    {"version", version, METH_NOARGS, NULL},
    {"edition", edition, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyObject *stamp(PyObject *self, PyObject *when);

static PyMethodDef module_functions[] = {
    {"fail", fail, METH_NOARGS, NULL},
    {"stamp", stamp, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject Edition_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tested.Edition",
    .tp_basicsize = sizeof(Edition),
    .tp_dealloc = (destructor)PyObject_Del,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = functions,
};

/* Made once, which its name says. */
static PyTypeObject Stamp_Type;

static PyStructSequence_Field stamp_fields[] = {{"when", NULL}, {NULL, NULL}};
static PyStructSequence_Desc stamp_desc = {"tested.Stamp", NULL, stamp_fields, 1};

static PyObject *
stamp(PyObject *self, PyObject *when)
{
    PyObject *made = PyStructSequence_New(&Stamp_Type);
    if (made == NULL)
        return NULL;
    Py_INCREF(when);
    PyStructSequence_SetItem(made, 0, when);
    return made;
}

static int
tested_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(get_tested(module)->error);
    return 0;
}

static int
tested_clear(PyObject *module)
{
    Py_CLEAR(get_tested(module)->error);
    return 0;
}

static struct PyModuleDef tested_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tested",
    .m_size = sizeof(TestedState),
    .m_methods = functions,
    .m_traverse = tested_traverse,
    .m_clear = tested_clear,
};

PyMODINIT_FUNC
PyInit_tested(void)
{
    PyObject *m;
    char name[8];

    m = PyState_FindModule(&tested_module);
    if (m) {
        Py_INCREF(m);
        return m;
    }

    Py_SET_TYPE(&Edition_Type, &PyType_Type);
    if (Stamp_Type.tp_name == NULL) {
        if (PyStructSequence_InitType2(&Stamp_Type, &stamp_desc) < 0)
            return NULL;
    }
    if (Edition_Type.tp_dict == NULL && PyType_Ready(&Edition_Type) < 0)
        return NULL;
    if (PyType_Ready(&Row_Type) < 0 || PyType_Ready(&Chain_Type) < 0)
        return NULL;
    m = PyModule_Create(&tested_module);
    if (m == NULL)
        return NULL;
    if (PyModule_AddFunctions(m, module_functions) < 0)
        return NULL;
    strcpy(name, "Row");
    Py_INCREF(&Row_Type);
    if (PyModule_AddObject(m, name, (PyObject *)&Row_Type) < 0)
        return NULL;
    Py_INCREF(&Chain_Type);
    if (PyModule_AddObject(m, "Chain", (PyObject *)&Chain_Type) < 0)
        return NULL;
    origin = PyList_New(0);
    if (origin == NULL)
        return NULL;
    if (PyModule_AddObject(m, "origin", origin) < 0) {
        Py_DECREF(origin);
        return NULL;
    }
    get_tested(m)->error = PyErr_NewException("tested.error", NULL, NULL);
    if (get_tested(m)->error == NULL)
        return NULL;
    Py_INCREF(get_tested(m)->error);
    PyModule_AddObject(m, "error", get_tested(m)->error);
    return m;
}
