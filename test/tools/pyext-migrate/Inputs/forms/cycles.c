/* What had no collector before gets one: it must not take away what a deallocator looks at. */
#include <Python.h>
#include <stddef.h>

/* Never seen by Python code. Does not own its neighbours. */
typedef struct Entry {
    PyObject_HEAD
    PyObject *key;
    PyObject *value;
    struct Entry *previous;
    struct Entry *next;
} Entry;

static void
entry_dealloc(Entry *self)
{
    Py_DECREF(self->key);
    Py_DECREF(self->value);
    PyObject_Del(self);
}

static PyTypeObject Entry_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "cycles.Entry",
    .tp_basicsize = sizeof(Entry),
    .tp_dealloc = (destructor)entry_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

/* The dict owns the entries, the list does not. */
typedef struct {
    PyObject_HEAD
    PyObject *entries;
    Entry *first;
} Chain;

static void
chain_empty(Chain *self)
{
    Entry *entry = self->first;
    while (entry != NULL) {
        Entry *next = entry->next;
        entry->previous = entry->next = NULL;
        entry = next;
    }
    self->first = NULL;
}

static void
chain_dealloc(Chain *self)
{
    chain_empty(self);
    Py_XDECREF(self->entries);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
chain_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    Chain *self = (Chain *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->entries = PyDict_New();
    if (self->entries == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
chain_set(Chain *self, PyObject *key, PyObject *value)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "entries stay");
        return -1;
    }
    if (PyDict_Contains(self->entries, key)) {
        PyErr_SetObject(PyExc_KeyError, key);
        return -1;
    }
    Entry *entry = PyObject_New(Entry, &Entry_Type);
    if (entry == NULL)
        return -1;
    Py_INCREF(key);
    Py_INCREF(value);
    entry->key = key;
    entry->value = value;
    entry->previous = NULL;
    entry->next = self->first;
    int failed = PyDict_SetItem(self->entries, key, (PyObject *)entry);
    if (!failed) {
        if (self->first != NULL)
            self->first->previous = entry;
        self->first = entry;
    }
    Py_DECREF(entry);
    return failed;
}

static PyObject *
chain_get(Chain *self, PyObject *key)
{
    Entry *entry = (Entry *)PyDict_GetItemWithError(self->entries, key);
    if (entry == NULL || Py_TYPE(entry) != &Entry_Type) {
        if (!PyErr_Occurred())
            PyErr_SetObject(PyExc_KeyError, key);
        return NULL;
    }
    Py_INCREF(entry->value);
    return entry->value;
}

static PyMappingMethods chain_mapping = {
    .mp_subscript = (binaryfunc)chain_get,
    .mp_ass_subscript = (objobjargproc)chain_set,
};

static PyTypeObject Chain_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "cycles.Chain",
    .tp_basicsize = sizeof(Chain),
    .tp_dealloc = (destructor)chain_dealloc,
    .tp_as_mapping = &chain_mapping,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = chain_new,
};

/* Asks what it owns something when it goes. */
typedef struct {
    PyObject_HEAD
    PyObject *items;
    Py_ssize_t length;
} Stack;

static void
stack_dealloc(Stack *self)
{
    for (Py_ssize_t i = 0; i < self->length; i++)
        if (PyList_GET_ITEM(self->items, i) == Py_None)
            break;
    Py_XDECREF(self->items);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int
stack_init(Stack *self, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    Py_XSETREF(self->items, PySequence_List(args));
    if (self->items == NULL)
        return -1;
    self->length = PyList_GET_SIZE(self->items);
    return 0;
}

static PyObject *
stack_put(Stack *self, PyObject *value)
{
    if (self->items == NULL || PyList_Append(self->items, value) < 0)
        return NULL;
    self->length++;
    Py_RETURN_NONE;
}

static PyMethodDef stack_methods[] = {
    {"put", (PyCFunction)stack_put, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static PyTypeObject Stack_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "cycles.Stack",
    .tp_basicsize = sizeof(Stack),
    .tp_dealloc = (destructor)stack_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = stack_methods,
    .tp_init = (initproc)stack_init,
    .tp_new = PyType_GenericNew,
};

/* Only gives back what it owns. */
typedef struct {
    PyObject_HEAD
    PyObject *left;
    PyObject *right;
    PyObject *weakrefs;
} Pair;

static void
pair_dealloc(Pair *self)
{
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs((PyObject *)self);
    Py_CLEAR(self->left);
    if (self->right)
        Py_DECREF(self->right);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int
pair_init(Pair *self, PyObject *args, PyObject *kwargs)
{
    PyObject *left, *right;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "OO", &left, &right))
        return -1;
    Py_INCREF(left);
    Py_XSETREF(self->left, left);
    Py_INCREF(right);
    Py_XSETREF(self->right, right);
    return 0;
}

static PyTypeObject Pair_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "cycles.Pair",
    .tp_basicsize = sizeof(Pair),
    .tp_dealloc = (destructor)pair_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_weaklistoffset = offsetof(Pair, weakrefs),
    .tp_init = (initproc)pair_init,
    .tp_new = PyType_GenericNew,
};

/* The collector of a dict. */
typedef struct {
    PyDictObject dict;
    PyObject *extra;
} Table;

static int
table_init(Table *self, PyObject *args, PyObject *kwargs)
{
    if (PyDict_Type.tp_init((PyObject *)self, args, kwargs) < 0)
        return -1;
    Py_INCREF(Py_None);
    Py_XSETREF(self->extra, Py_None);
    return 0;
}

static void
table_dealloc(Table *self)
{
    Py_CLEAR(self->extra);
    PyDict_Type.tp_dealloc((PyObject *)self);
}

static PyTypeObject Table_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "cycles.Table",
    .tp_basicsize = sizeof(Table),
    .tp_dealloc = (destructor)table_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_init = (initproc)table_init,
};

static struct PyModuleDef cycles_module = {
    PyModuleDef_HEAD_INIT, "cycles", NULL, -1, NULL, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_cycles(void)
{
    PyObject *m = PyModule_Create(&cycles_module);
    if (m == NULL)
        return NULL;
    Table_Type.tp_base = &PyDict_Type;
    if (PyType_Ready(&Entry_Type) < 0 || PyModule_AddType(m, &Chain_Type) < 0 || PyModule_AddType(m, &Stack_Type) < 0
        || PyModule_AddType(m, &Pair_Type) < 0 || PyModule_AddType(m, &Table_Type) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
