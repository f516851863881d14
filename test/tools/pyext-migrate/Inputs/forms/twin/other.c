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
