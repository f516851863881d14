/* The header is one of two modules. */
#include "shared.h"

static PyObject *own;
static int helped;

int
help(void)
{
    return ++helped;
}

static int
visited(void *data, int number)
{
    PyErr_SetObject(own, (PyObject *)data);
    return number;
}

static PyObject *
fail(PyObject *module, PyObject *arg)
{
    raise_shared("failed");
    help();
    each(visited, arg);
    return NULL;
}

static PyMethodDef functions[] = {
    {"fail", fail, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "one", NULL, -1, functions, NULL, NULL, NULL, NULL
};

PyMODINIT_FUNC
PyInit_one(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    SharedError = PyErr_NewException("one.Error", NULL, NULL);
    own = PyErr_NewException("one.Own", NULL, NULL);
    return m;
}
