#include "thing.h"

static void
thing_dealloc(Thing *self)
{
    Py_XDECREF(self->value);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int
thing_init(Thing *self, PyObject *args, PyObject *kwds)
{
    PyObject *value;
    if (!PyArg_ParseTuple(args, "O", &value))
        return -1;
    Py_INCREF(value);
    Py_XSETREF(self->value, value);
    return 0;
}

static PyObject *
thing_repr(Thing *self)
{
    PyObject *name, *text;
    if (!verbose)
        return PyUnicode_FromString("<thing>");
    name = get_name(self->value);
    if (name == NULL)
        return NULL;
    text = PyUnicode_FromFormat("<thing of %U>", name);
    Py_DECREF(name);
    return text;
}

PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "shared.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_init = (initproc)thing_init,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = (destructor)thing_dealloc,
    .tp_repr = (reprfunc)thing_repr,
};
