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

/* Types that a macro completes, readies and adds; names that it pastes together. */
typedef struct {
    PyObject_HEAD
} Plain;

static PyTypeObject First_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "codes.First",
    .tp_basicsize = sizeof(Plain),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyTypeObject Second_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "codes.Second",
    .tp_basicsize = sizeof(Plain),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

#define ADD_TYPE(name, type) \
    { \
        type.tp_new = PyType_GenericNew; \
        if (PyType_Ready(&type) < 0) \
            return NULL; \
        Py_INCREF(&type); \
        PyModule_AddObject(m, name, (PyObject *)&type); \
    }

static struct {
    PyObject *low_name, *high_name;
} names;

#define INIT_NAME(x) names.x##_name = PyUnicode_FromFormat("%s name %p", #x, (void *)&names)

static PyObject *
codes_names(PyObject *module, PyObject *ignored)
{
    return PyTuple_Pack(2, names.low_name, names.high_name);
}

static PyMethodDef methods[] = {
    {"fail", codes_fail, METH_O, NULL},
    {"level", codes_level, METH_O, NULL},
    {"names", codes_names, METH_NOARGS, NULL},
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
    ADD_TYPE("First", First_Type);
    ADD_TYPE("Second", Second_Type);
    INIT_NAME(low);
    INIT_NAME(high);
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
