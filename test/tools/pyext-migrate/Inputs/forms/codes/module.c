/* Tables in a header, used through pointers. */
#include <Python.h>
#include "codes.h"

static PyObject *
find(int number)
{
    const Code *code;
    for (code = codes; code->name != NULL; code++)
        if (code->number == number)
            return code->error;
    return PyExc_ValueError;
}

static PyObject *
codes_fail(PyObject *module, PyObject *number)
{
    PyErr_SetString(find((int)PyLong_AsLong(number)), "failed");
    return NULL;
}

static PyObject *
codes_level(PyObject *module, PyObject *name)
{
    Level *level;
    for (level = levels; level->name != NULL; level++)
        if (PyUnicode_CompareWithASCIIString(name, level->name) == 0)
            return PyLong_FromLong(level->number);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"fail", codes_fail, METH_O, NULL},
    {"level", codes_level, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "codes", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_codes(void)
{
    PyObject *m = PyModule_Create(&definition);
    Code *code;
    if (m == NULL)
        return NULL;
    for (code = codes; code->name != NULL; code++) {
        char name[32];
        PyOS_snprintf(name, sizeof(name), "codes.%s", code->name);
        code->error = PyErr_NewException(name, NULL, NULL);
        if (code->error == NULL || PyDict_SetItemString(PyModule_GetDict(m), code->name, code->error) < 0) {
            Py_DECREF(m);
            return NULL;
        }
    }
    return m;
}
