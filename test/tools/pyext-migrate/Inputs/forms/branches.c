/* What other platforms compile: a value of a type, what the init function returns there, and an assignment. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    int value;
} Box;

static PyObject *
box_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<%d>", ((Box *)self)->value);
}

#ifdef NEVER_DEFINED
#define box_str PyObject_Repr
#else
static PyObject *
box_str(
    PyObject *self)
{
    return PyUnicode_FromString("box");
}
#endif

static PyTypeObject Box_Type, Late_Type;

/* Above what it makes. */
static int
ready_late(void)
{
    Late_Type.tp_name = "branches.Late";
    return PyType_Ready(&Late_Type);
}

static PyTypeObject Late_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_basicsize = sizeof(Box),
    .tp_new = PyType_GenericNew,
    .tp_repr = box_repr,
};

static PyTypeObject Box_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    "branches.Box",        /* tp_name */
    sizeof(Box),           /* tp_basicsize */
    .tp_flags = Py_TPFLAGS_DEFAULT,
#ifndef NEVER_DEFINED
    .tp_repr = box_repr,   /* not there */
#endif
#if defined(NEVER_DEFINED) || defined(NEVER_DEFINED_EITHER)
    .tp_str = box_repr,
#else
    .tp_str = box_str,
#endif
#ifndef NEVER_DEFINED
    .tp_new = PyType_GenericNew,
#else
    .tp_new = 0,
#endif
};

#define FAIL return NULL

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "branches", NULL, -1, NULL, NULL, NULL, NULL, NULL
};

PyMODINIT_FUNC
PyInit_branches(void)
{
    PyObject *m;
#ifdef NEVER_DEFINED
    if (start_sockets() != 0) {
        return 0;
    }
    Box_Type.tp_new = PyType_GenericNew;
#endif
    if (PyType_Ready(&Box_Type) < 0 || ready_late() < 0)
        FAIL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        FAIL;
    Py_INCREF(&Box_Type);
#ifdef NEVER_DEFINED
    if (stop_sockets() != 0)
        FAIL;
    if (PyModule_AddObject(m, "Box", (PyObject *)&Box_Type) == 0)
        return m;
#endif
    PyModule_AddObject(m, "Box", (PyObject *)&Box_Type);
    Py_INCREF(&Late_Type);
    PyModule_AddObject(m, "Late", (PyObject *)&Late_Type);
    return m;
}
