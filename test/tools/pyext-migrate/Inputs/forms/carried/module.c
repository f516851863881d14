#include <Python.h>
#include "carried.h"

static PyObject *
format(PyObject *self, PyObject *arg)
{
    int at = (int)PyLong_AsLong(arg);
    if (at == -1 && PyErr_Occurred())
        return NULL;
    return carried_format(at);
}

static PyMethodDef methods[] = {{"format", format, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "carried", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_carried(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL || carried_detect() < 0) {
        Py_XDECREF(m);
        return NULL;
    }
    return m;
}
