/* Two sources that name what they share alike, and a type that is called as the state would be. */
#include "twin.h"

typedef struct {
    int depth;
} twin_state;

static PyObject *Kind;
#define Kind_Check(op) (PyObject_IsInstance(op, Kind) > 0)
#define Kind_CheckExact(op) ((PyObject *)Py_TYPE(op) == Kind)

static PyObject *
check(PyObject *module, PyObject *arg)
{
    twin_state deep = {1};
    return PyBool_FromLong(Kind_Check(arg) + deep.depth > 1);
}

static PyMethodDef functions[] = {
    {"check", check, METH_O, NULL},
    {"check_other", check_other, METH_O, NULL},
    {"count_down", count_down, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "twin", NULL, -1, functions, NULL, NULL, NULL, NULL
};

PyMODINIT_FUNC
PyInit_twin(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    Kind = PyErr_NewException("twin.Kind", NULL, NULL);
    if (Kind == NULL || find_other() < 0)
        goto Kind;
    Py_INCREF(Kind);
    if (PyModule_AddObject(m, "Kind", Kind) < 0)
        goto Kind;
    return m;
Kind:
    Py_DECREF(m);
    return NULL;
}
