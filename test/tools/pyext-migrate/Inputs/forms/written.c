/* Types, errors and functions that macros write. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    int sides;
} Shape;

static void
shape_dealloc(PyObject *self)
{
    PyObject_Free(self);
}

/* What each of them has. */
#define DEFINE_TYPE(n, number) \
    static int \
    n##_init(Shape *self, PyObject *args, PyObject *kwargs) \
    { \
        (void)args; \
        (void)kwargs; \
        self->sides = number; \
        return 0; \
    } \
    static PyObject *n##_sides(Shape *self, PyObject *Py_UNUSED(unused)) \
    { \
        return PyLong_FromLong(self->sides); \
    } \
    static PyMethodDef n##_methods[] = { \
        {"sides", (PyCFunction)n##_sides, METH_NOARGS, "Sides of a " #n "."}, \
        {NULL, NULL, 0, NULL} \
    }; \
    static PyTypeObject n##_Type = { \
        PyVarObject_HEAD_INIT(NULL, 0) \
        .tp_name = "written." #n, \
        .tp_basicsize = sizeof(Shape), \
        .tp_dealloc = shape_dealloc, \
        .tp_flags = Py_TPFLAGS_DEFAULT, \
        .tp_methods = n##_methods, \
        .tp_init = (initproc)n##_init, \
        .tp_new = PyType_GenericNew, \
    };

DEFINE_TYPE(Triangle, 3)
DEFINE_TYPE(Square, 4)

#define DEFINE_CHECK(n) \
    static int n##_Check(PyObject *op) \
    { \
        return Py_TYPE(op) == &n##_Type; \
    }

DEFINE_CHECK(Triangle)
DEFINE_CHECK(Square)

/* The errors: name, base. */
#define ERRORS(each) \
    each(Flat, PyExc_ValueError) \
    each(Round, PyExc_TypeError)
#define DECLARE(name, base) static PyObject *name##Error;
ERRORS(DECLARE)

static PyObject *
kind(PyObject *self, PyObject *op)
{
    (void)self;
    if (Triangle_Check(op))
        return PyUnicode_FromString("triangle");
    if (Square_Check(op))
        return PyUnicode_FromString("square");
    PyErr_SetString(op == Py_None ? FlatError : RoundError, "no shape");
    return NULL;
}

static PyMethodDef methods[] = {
    {"kind", kind, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "written", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_written(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
#define ADD_TYPE(n) \
    if (PyType_Ready(&n##_Type) < 0) \
        return NULL; \
    Py_INCREF(&n##_Type); \
    PyModule_AddObject(m, #n, (PyObject *)&n##_Type);
    ADD_TYPE(Triangle)
    ADD_TYPE(Square)
#define ADD_ERROR(name, base) \
    name##Error = PyErr_NewException("written." #name "Error", base, NULL); \
    if (name##Error == NULL) \
        return NULL; \
    Py_INCREF(name##Error); \
    PyModule_AddObject(m, #name "Error", name##Error);
    ERRORS(ADD_ERROR)
    return m;
}
