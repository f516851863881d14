#include "base.h"
#include "thing.h"

PyObject *name_attribute;
flag verbose;

static PyObject *
set_verbose(PyObject *self, PyObject *value)
{
    int is = PyObject_IsTrue(value);
    if (is < 0)
        return NULL;
    verbose = is;
    Py_RETURN_NONE;
}

static PyObject *
is_thing(PyObject *self, PyObject *object)
{
    return PyBool_FromLong(Py_TYPE(object) == &Thing_Type);
}

static PyMethodDef methods[] = {
    {"set_verbose", set_verbose, METH_O, NULL},
    {"is_thing", is_thing, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "shared", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_shared(void)
{
    PyObject *m;

    if ((name_attribute = PyUnicode_InternFromString("__name__")) == NULL)
        return NULL;
    if (PyType_Ready(&Thing_Type) < 0)
        return NULL;
    if ((m = PyModule_Create(&definition)) == NULL)
        return NULL;
    Py_INCREF(&Thing_Type);
    if (PyModule_AddObject(m, "Thing", (PyObject *)&Thing_Type) < 0) {
        Py_DECREF(&Thing_Type);
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
