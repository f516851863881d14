/* Macros that name what moves, and the module object in a global variable. */
#include <Python.h>

static PyObject *the_module;
static PyObject *error;
static PyTypeObject Box_Type;

#define Box_Check(op) (Py_TYPE(op) == &Box_Type)
#define ERROR error
#define FAIL(text) PyErr_SetString(ERROR, text)
#ifndef NEVER_DEFINED
#define COMPLAIN(text) PyErr_SetString(ERROR, text)
#else
#define COMPLAIN(text) \
    FAIL(text)
#endif

typedef struct {
    PyObject_HEAD
    int value;
} Box;

static PyObject *
value_of(PyObject *op)
{
    if (!Box_Check(op)) {
        FAIL("not a box");
        return NULL;
    }
#ifdef NEVER_DEFINED
    if (!Box_Check(op)) return error;
#endif
    if (((Box *)op)->value < 0) {
        COMPLAIN("an empty box");
        return NULL;
    }
    return PyLong_FromLong(((Box *)op)->value);
}

/* One for all functions: what it returns is said where it is used. */
#define RETURN_IF(condition, value) \
    {                               \
        if (condition) {            \
            return value;           \
        }                           \
    }
#define VALUE(value) value
#define FAILED NULL

static PyObject *
unbox(PyObject *self, PyObject *op)
{
    RETURN_IF(op == self, NULL);
    return value_of(op);
}

static PyObject *
name(PyObject *self, PyObject *unused)
{
    return PyObject_GetAttrString(the_module, "__name__");
}

static PyTypeObject Box_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "macros.Box",
    .tp_basicsize = sizeof(Box),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
};

static PyMethodDef methods[] = {
    {"unbox", unbox, METH_O, NULL},
    {"name", name, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "macros", NULL, -1, methods, NULL, NULL, NULL, NULL};

#define ADD_INT(name, value)                                        \
    do {                                                            \
        if (PyModule_AddIntConstant(the_module, name, value) < 0) { \
            return NULL;                                            \
        }                                                           \
    } while (0)

#define ADD_TEXT(name)                                                                        \
    if (PyModule_AddStringConstant(the_module, #name, "text") < 0) return FAILED
#define ADD_FOUR(name) RETURN_IF(PyModule_AddIntConstant(the_module, name, 4) < 0, VALUE(NULL))

PyMODINIT_FUNC
PyInit_macros(void)
{
    if (!(the_module = PyModule_Create(&definition)))
        return NULL;
    error = PyErr_NewException("macros.error", NULL, NULL);
    if (error == NULL)
        return NULL;
    Py_INCREF(error);
    if (PyModule_AddObject(the_module, "error", error) < 0)
        return NULL;
    if (PyType_Ready(&Box_Type) < 0)
        return NULL;
    Py_INCREF(&Box_Type);
    if (PyModule_AddObject(the_module, "Box", (PyObject *)&Box_Type) < 0)
        return NULL;
    ADD_INT("ONE", 1);
    ADD_TEXT(name_of);
    RETURN_IF(PyModule_AddIntConstant(the_module, "TWO", 2) < 0, NULL);
    RETURN_IF(PyModule_AddIntConstant(the_module, "THREE", 3) < 0, VALUE(NULL));
    ADD_FOUR("FOUR");
    return the_module;
}
