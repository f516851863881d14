#define Py_LIMITED_API 0x03090000
#include <Python.h>
static PyObject *limited_error;

static PyObject *limited_fail(PyObject *self, PyObject *unused)
{
    PyErr_SetString(limited_error, "no");
    return NULL;
}

static PyMethodDef methods[] = {
    {"fail", limited_fail, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "limited", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_limited(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
    limited_error = PyErr_NewException("limited.error", NULL, NULL);
    Py_XINCREF(limited_error);
    if (PyModule_AddObject(m, "error", limited_error) < 0)
        return NULL;
    return m;
}
