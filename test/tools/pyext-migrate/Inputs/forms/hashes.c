/* Objects that hold no others, of a module that holds none of them: they need no collector. */
#include <Python.h>
#include <string.h>

static PyObject *HashError, *text;
static long made;

typedef struct {
    PyObject_HEAD
    unsigned long value;
    unsigned char seen[4];
} Hash;

typedef struct {
    unsigned long *values;
    size_t count;
} Values;

typedef struct {
    PyObject_HEAD
    Values values;
    char *name;
    PyThread_type_lock lock;
} Sum;

static PyTypeObject Hash_Type, Sum_Type;

static PyObject *
hash_update(Hash *self, PyObject *arg)
{
    unsigned long value = PyLong_AsUnsignedLong(arg);
    if (PyErr_Occurred())
        return NULL;
    if (value > 1000)
        return PyErr_Format(HashError, "%lu", value);
    self->value = self->value * 31 + value;
    Py_RETURN_NONE;
}

static PyObject *
hash_copy(Hash *self, PyObject *unused)
{
    Hash *copy = PyObject_New(Hash, &Hash_Type);
    if (copy == NULL)
        return NULL;
    copy->value = self->value;
    memcpy(copy->seen, self->seen, sizeof(copy->seen));
    return (PyObject *)copy;
}

static PyObject *
hash_digest(Hash *self, PyObject *unused)
{
    return Py_BuildValue("Ok", text, self->value);
}

static PyMethodDef hash_methods[] = {
    {"update", (PyCFunction)hash_update, METH_O, NULL},
    {"copy", (PyCFunction)hash_copy, METH_NOARGS, NULL},
    {"digest", (PyCFunction)hash_digest, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject Hash_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hashes.Hash",
    .tp_basicsize = sizeof(Hash),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = hash_methods,
    .tp_new = PyType_GenericNew,
};

static PyObject *
sum_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Sum *self = (Sum *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->values.values = PyMem_Calloc(3, sizeof(unsigned long));
    self->values.count = 3;
    made++;
    return (PyObject *)self;
}

static void
sum_dealloc(Sum *self)
{
    PyMem_Free(self->values.values);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static Py_ssize_t
sum_length(Sum *self)
{
    return (Py_ssize_t)self->values.count;
}

static PySequenceMethods sum_sequence = {.sq_length = (lenfunc)sum_length};

static PyTypeObject Sum_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hashes.Sum",
    .tp_basicsize = sizeof(Sum),
    .tp_dealloc = (destructor)sum_dealloc,
    .tp_as_sequence = &sum_sequence,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = sum_new,
};

static PyObject *
hashes_made(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(made);
}

static PyMethodDef methods[] = {{"made", hashes_made, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "hashes", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_hashes(void)
{
    PyObject *m;
    if (PyType_Ready(&Hash_Type) < 0 || PyType_Ready(&Sum_Type) < 0)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    HashError = PyErr_NewException("hashes.HashError", PyExc_ValueError, NULL);
    text = PyUnicode_InternFromString("digest");
    Py_XINCREF(HashError);
    if (text == NULL || PyModule_AddObject(m, "HashError", HashError) < 0) {
        Py_XDECREF(HashError);
        Py_DECREF(m);
        return NULL;
    }
    Py_INCREF(&Hash_Type);
    Py_INCREF(&Sum_Type);
    if (PyModule_AddObject(m, "Hash", (PyObject *)&Hash_Type) < 0 || PyModule_AddObject(m, "Sum", (PyObject *)&Sum_Type) < 0) {
        Py_DECREF(&Hash_Type);
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
