#include <stddef.h>
#include "inner.h"

static PyObject *error;

/* What the source alone knows. */
typedef struct {
    PyObject_HEAD
    long number;
    PyObject *items;
} Node;

static Node *empty;

static PyTypeObject Node_Type;

static void
item_dealloc(Item *self)
{
    Py_XDECREF(self->value);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

PyTypeObject Item_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "inner.Item",
    .tp_basicsize = sizeof(Item),
    .tp_dealloc = (destructor)item_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
};

static void
node_dealloc(Node *self)
{
    Py_XDECREF(self->items);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyTypeObject Node_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "inner.Node",
    .tp_basicsize = sizeof(Node),
    .tp_dealloc = (destructor)node_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject *
make(PyObject *self, PyObject *item)
{
    if (!Item_Check(item)) {
        PyErr_SetString(error, "no item");
        return NULL;
    }
    if (empty == NULL) {
        empty = PyObject_New(Node, &Node_Type);
        if (empty == NULL)
            return NULL;
        empty->number = 0;
        empty->items = NULL;
    }
    empty->number++;
    Py_INCREF(empty);
    return (PyObject *)empty;
}

static PyMethodDef methods[] = {{"make", make, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "inner", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_inner(void)
{
    PyObject *m;
    if (PyType_Ready(&Item_Type) < 0 || PyType_Ready(&Node_Type) < 0)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("inner.error", NULL, NULL);
    Py_XINCREF(error);
    Py_INCREF(&Item_Type);
    if (PyModule_AddObject(m, "error", error) < 0 || PyModule_AddObject(m, "Item", (PyObject *)&Item_Type) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
