#include <Python.h>

PyObject *there_error;

PyObject *
there_fail(PyObject *module, PyObject *unused)
{
    PyErr_SetString(there_error, "failed");
    return NULL;
}
