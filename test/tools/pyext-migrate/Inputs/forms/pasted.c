/* Names that macros paste together, data that is only read, an exception that is only raised. */
#include <Python.h>

typedef struct {
    const char *name;
    int width;
} Kind;

/* Nothing writes them, but they are not const. */
static Kind narrow = {"narrow", 1};
static Kind wide = {"wide", 2};

#define DEFINE_STRING(S) static PyObject *str_##S

DEFINE_STRING(width);
DEFINE_STRING(name);
DEFINE_STRING(more);
static PyObject *error;
static PyTypeObject Box_Type;

typedef struct {
    PyObject_HEAD
    Kind *kind;
} Box;

static PyObject *
box_getattro(PyObject *self, PyObject *name)
{
    Kind *kind = ((Box *)self)->kind;
    if (name == str_width)
        return PyLong_FromLong(kind->width);
    if (name == str_name || name == str_more)
        return PyUnicode_FromString(kind->name);
    return PyObject_GenericGetAttr(self, name);
}

static PyObject *
box_fit(PyObject *self, PyObject *value)
{
    long n = PyLong_AsLong(value);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    if (n > ((Box *)self)->kind->width) {
        PyErr_SetString(error, "too wide");
        return NULL;
    }
    return PyBool_FromLong(n >= 0);
}

static PyObject *
box_same(PyObject *self, PyObject *other)
{
    assert(Py_TYPE(self) == &Box_Type);
    return PyBool_FromLong(self == other);
}

static int
box_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    int is_wide = 0;
    if (!PyArg_ParseTuple(args, "|p", &is_wide))
        return -1;
    ((Box *)self)->kind = is_wide ? &wide : &narrow;
    return 0;
}

static PyMethodDef box_methods[] = {
    {"fit", box_fit, METH_O, NULL},
    {"same", box_same, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static PyTypeObject Box_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pasted.Box",
    .tp_basicsize = sizeof(Box),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_getattro = box_getattro,
    .tp_init = box_init,
    .tp_new = PyType_GenericNew,
    .tp_methods = box_methods,
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "pasted", NULL, -1, NULL, NULL, NULL, NULL, NULL};

#define INIT_STRING(S)                                      \
    if (!(str_##S = PyUnicode_InternFromString(#S)))        \
        return NULL

#define MORE_STRING(S)                                      \
    if (!(str_##S = PyUnicode_InternFromString(#S)))        \
        return -1

static int
more_strings()
{
    MORE_STRING(more);
    return 0;
}

PyMODINIT_FUNC
PyInit_pasted(void)
{
    PyObject *m;
    INIT_STRING(width);
    INIT_STRING(name);
    if (more_strings() < 0)
        return NULL;
    if (PyType_Ready(&Box_Type) < 0)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("pasted.error", NULL, NULL);
    if (PyModule_AddObjectRef(m, "error", error) < 0 || PyModule_AddType(m, &Box_Type) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
