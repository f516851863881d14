/* A header declares a function that is named as the one that frees the module would be: obstack_free(). */
#include <Python.h>
#include <obstack.h>

static PyObject *error;

static PyObject *
fail(PyObject *self, PyObject *text)
{
    PyErr_SetObject(error, text);
    return NULL;
}

static PyMethodDef methods[] = {
    {"fail", fail, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "obstack", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_obstack(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("obstack.error", NULL, NULL);
    if (error == NULL) {
        Py_DECREF(m);
        return NULL;
    }
    Py_INCREF(error);
    if (PyModule_AddObject(m, "error", error) < 0) {
        Py_DECREF(error);
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
