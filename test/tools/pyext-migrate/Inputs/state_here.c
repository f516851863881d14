/* The state has a field of a type that only this source declares, and another source needs the state. */
#include <Python.h>

extern PyObject *there_error;
PyObject *there_fail(PyObject *module, PyObject *unused);

typedef struct {
    int size;
} options;

typedef struct {
    PyObject *name;
    options with;
} here_state;

static PyObject *here_cache;

static PyObject *
get_cache(PyObject *module, PyObject *unused)
{
    return Py_XNewRef(here_cache);
}

static PyMethodDef methods[] = {
    {"fail", there_fail, METH_NOARGS, NULL},
    {"cache", get_cache, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "state_here",
    .m_size = sizeof(here_state),
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_state_here(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    there_error = PyErr_NewException("state_here.error", NULL, NULL);
    Py_XINCREF(there_error);
    if (PyModule_AddObject(m, "error", there_error) < 0)
        return NULL;
    here_cache = PyDict_New();
    return m;
}
