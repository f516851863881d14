/* A type whose slots are assigned while the module is imported, from functions that follow it. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    PyObject *item;
} Bag;

static PyTypeObject Bag_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    "late.Bag",
    sizeof(Bag)
};

static PySequenceMethods bag_sequence;

static PyObject *
make_bag(PyObject *item)
{
    Bag *bag = PyObject_New(Bag, &Bag_Type);
    if (bag == NULL)
        return NULL;
    Py_INCREF(item);
    bag->item = item;
    return (PyObject *)bag;
}

static PyObject *
bag(PyObject *self, PyObject *item)
{
    return make_bag(item);
}

static void
bag_dealloc(Bag *self)
{
    Py_XDECREF(self->item);
    PyObject_Del(self);
}

static Py_ssize_t
bag_length(Bag *self)
{
    return self->item == Py_None ? 0 : 1;
}

static PyObject *
bag_repr(Bag *self)
{
    return PyUnicode_FromFormat("<bag of %R>", self->item);
}

static PyMethodDef methods[] = {
    {"bag", bag, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "late", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_late(void)
{
    PyObject *m;

    bag_sequence.sq_length = (lenfunc)bag_length;
    Bag_Type.tp_dealloc = (destructor)bag_dealloc;
    Bag_Type.tp_repr = (reprfunc)bag_repr;
    Bag_Type.tp_as_sequence = &bag_sequence;
    Bag_Type.tp_flags = Py_TPFLAGS_DEFAULT;
    if (PyType_Ready(&Bag_Type) < 0)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    return m;
}
