/* Functions that are added when the module exists. */
#include <Python.h>

static PyObject *error;

static PyObject *
fail(PyObject *self, PyObject *args)
{
    PyErr_SetString(error, "failed");
    return NULL;
}

static PyMethodDef more_functions[] = {
    {"fail", fail, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "more", NULL, -1, NULL, NULL, NULL, NULL, NULL
};

static int
add_more(PyObject *module)
{
    return PyModule_AddFunctions(module, more_functions);
}

PyMODINIT_FUNC
PyInit_more(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("more.Error", NULL, NULL);
    if (error == NULL || add_more(m) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    Py_INCREF(error);
    PyModule_AddObject(m, "Error", error);
    return m;
}
