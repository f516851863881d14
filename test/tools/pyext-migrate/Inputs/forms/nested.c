/* A module within the module, and struct sequences. */
#include <Python.h>
#include <structseq.h>

static PyObject *error;
static PyTypeObject Pair_Type = {0};
static PyTypeObject Triple_Type;

typedef struct {
    PyObject_HEAD
    int value;
} Leaf;
static PyTypeObject Leaf_Type;

static PyObject *
fail(PyObject *self, PyObject *args)
{
    PyErr_SetString(error, "failed");
    return NULL;
}

static PyObject *
leaf(PyObject *self, PyObject *args)
{
    return (PyObject *)PyObject_New(Leaf, &Leaf_Type);
}

static PyObject *
pair(PyObject *self, PyObject *args)
{
    PyObject *made = PyStructSequence_New(&Pair_Type);
    if (made == NULL)
        return NULL;
    PyStructSequence_SetItem(made, 0, PyLong_FromLong(1));
    PyStructSequence_SetItem(made, 1, PyLong_FromLong(2));
    return made;
}

static PyObject *
pair_richcompare(PyObject *a, PyObject *b, int op)
{
    if (op != Py_EQ || Py_TYPE(b) != &Pair_Type)
        Py_RETURN_NOTIMPLEMENTED;
    return PyBool_FromLong(PyStructSequence_GetItem(a, 0) == PyStructSequence_GetItem(b, 0));
}

static PyObject *
triple(PyObject *self, PyObject *args)
{
    PyObject *made = PyStructSequence_New(&Triple_Type);
    if (made == NULL)
        return NULL;
    PyStructSequence_SetItem(made, 0, PyLong_FromLong(3));
    return made;
}

static PyTypeObject Leaf_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "nested.inner.Leaf",
    .tp_basicsize = sizeof(Leaf),
};

static PyStructSequence_Field pair_fields[] = {{"first", NULL}, {"second", NULL}, {NULL, NULL}};
static PyStructSequence_Desc pair_description = {"nested.Pair", NULL, pair_fields, 2};
static PyStructSequence_Field triple_fields[] = {{"only", NULL}, {NULL, NULL}};
static PyStructSequence_Desc triple_description = {"nested.Triple", NULL, triple_fields, 1};

static PyMethodDef inner_functions[] = {
    {"fail", fail, METH_NOARGS, "Fails."},
    {"leaf", leaf, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef inner_definition = {
    PyModuleDef_HEAD_INIT, "nested.inner", "What is within.", -1, inner_functions, NULL, NULL, NULL, NULL
};

static PyMethodDef functions[] = {
    {"pair", pair, METH_NOARGS, NULL},
    {"triple", triple, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "nested", NULL, -1, functions, NULL, NULL, NULL, NULL
};

PyMODINIT_FUNC
PyInit_nested(void)
{
    PyObject *m = PyModule_Create(&definition), *inner, *added = NULL;
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("nested.Error", NULL, NULL);
    Py_XINCREF(error);
    PyModule_AddObject(m, "Error", error);
    if (PyStructSequence_InitType2(&Pair_Type, &pair_description) < 0)
        goto error;
    Pair_Type.tp_richcompare = pair_richcompare;
    PyStructSequence_InitType(&Triple_Type, &triple_description);

    inner = PyModule_Create(&inner_definition);
    if (inner == NULL)
        goto error;
    if (PyType_Ready(&Leaf_Type) < 0)
        goto error;
    Py_INCREF(&Leaf_Type);
    PyModule_AddObject(inner, "Leaf", (PyObject *)&Leaf_Type);
    added = inner;
    PyModule_AddObject(m, "inner", added);
    return m;
error:
    Py_DECREF(m);
    return NULL;
}
