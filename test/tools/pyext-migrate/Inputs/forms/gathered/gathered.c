/* What it includes is included by a file that has nothing else. */
#include <Python.h>

static PyObject *error;

#include "parts/all.c"

static PyMethodDef gathered_methods[] = {
    {"fail", gathered_fail, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef gathered_module = {
    PyModuleDef_HEAD_INIT, "gathered", NULL, -1, gathered_methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_gathered(void)
{
    PyObject *m = PyModule_Create(&gathered_module);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("gathered.Error", NULL, NULL);
    if (PyModule_AddObjectRef(m, "Error", error) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
