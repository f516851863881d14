#include "twin.h"

static PyObject *Kind;
#define Kind_Check(op) (PyObject_IsInstance(op, Kind) > 0)
#define Kind_CheckExact(op) ((PyObject *)Py_TYPE(op) == Kind)

int
find_other(void)
{
    Py_XSETREF(Kind, PyErr_NewException("twin.Other", NULL, NULL));
    return Kind == NULL ? -1 : 0;
}

PyObject *
check_other(PyObject *module, PyObject *arg)
{
    return PyBool_FromLong(Kind_Check(arg));
}

/* Nothing readies it. */
typedef struct {
    PyObject_HEAD
    int left;
} Countdown;

static void
countdown_dealloc(PyObject *self)
{
    PyObject_Del(self);
}

static PyObject *
countdown_next(PyObject *self)
{
    Countdown *count = (Countdown *)self;
    return count->left > 0 ? PyLong_FromLong(count->left--) : NULL;
}

static PyTypeObject Countdown_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "twin.Countdown",
    .tp_basicsize = sizeof(Countdown),
    .tp_dealloc = countdown_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = countdown_next,
};

PyObject *
count_down(PyObject *module, PyObject *arg)
{
    Countdown *count = PyObject_New(Countdown, &Countdown_Type);
    if (count != NULL)
        count->left = (int)PyLong_AsLong(arg);
    return (PyObject *)count;
}
