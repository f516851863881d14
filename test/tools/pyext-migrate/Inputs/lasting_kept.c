/* Objects with static storage that stay, and functions that are called with what is not known. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    int width;
} Mark;

static PyTypeObject Lent_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "lasting_kept.Lent", .tp_basicsize = sizeof(Mark)};
static PyTypeObject Shared_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "lasting_kept.Shared", .tp_basicsize = sizeof(Mark)};
static PyTypeObject Void_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "lasting_kept.Void", .tp_basicsize = sizeof(Mark)};

static Mark lent = {PyObject_HEAD_INIT(&Lent_Type) 1};
static int number = 2;
static int *const table[] = {&number};
static Mark shared = {PyObject_HEAD_INIT(&Shared_Type) 1};
static PyObject *const shared_table[] = {(PyObject *)&shared};
static Mark in_void = {PyObject_HEAD_INIT(&Void_Type) 1};
static PyObject *single, *inner_error, *fine;

/* It lasts for ever: nobody counts. */
static PyObject *
lend(PyObject *module, PyObject *args)
{
    return (PyObject *)&lent;
}

static PyObject *
get_single(PyObject *self, PyObject *args)
{
    return Py_XNewRef(single);
}
static PyMethodDef single_definition = {"single", get_single, METH_NOARGS, NULL};

static PyObject *
fail(PyObject *self, PyObject *args)
{
    PyErr_SetString(inner_error, "failed");
    return NULL;
}

static PyObject *
use(PyObject *module, PyObject *arg)
{
    Py_XINCREF(fine);
    if (arg == (PyObject *)&in_void)
        return PyLong_FromLong(*table[0]);
    return shared_table[0] == arg ? Py_NewRef(Py_None) : fine;
}

static PyMethodDef inner_functions[] = {
    {"fail", fail, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};
static struct PyModuleDef inner_definition = {
    PyModuleDef_HEAD_INIT, "lasting_kept.inner", NULL, sizeof(int), inner_functions, NULL, NULL, NULL, NULL
};
static PyMethodDef functions[] = {
    {"lend", lend, METH_NOARGS, NULL},
    {"use", use, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "lasting_kept", NULL, -1, functions, NULL, NULL, NULL, NULL
};

static void
ready(void)
{
    PyType_Ready(&Void_Type);
}

PyMODINIT_FUNC
PyInit_lasting_kept(void)
{
    PyObject *m = PyModule_Create(&definition), *inner;
    if (m == NULL)
        return NULL;
    fine = PyList_New(0);
    single = PyList_New(0);
    inner_error = PyErr_NewException("lasting_kept.Error", NULL, NULL);
    ready();
    if (PyType_Ready(&Lent_Type) < 0 || PyType_Ready(&Shared_Type) < 0)
        return NULL;
    PyModule_AddObject(m, "single", PyCFunction_New(&single_definition, single));
    inner = PyModule_Create(&inner_definition);
    PyModule_AddObject(m, "inner", inner);
    return m;
}
