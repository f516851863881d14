/* Tables of types that cannot become local ones, and a vectorcall function that no type calls. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
} Thing;

static PyObject *error;

static PyTypeObject Twice_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tables_kept.Twice",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyTypeObject Named_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "Named",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyTypeObject Changed_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tables_kept.Changed",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyTypeObject *twice[] = {&Twice_Type, NULL};
static PyTypeObject *named[] = {&Named_Type, NULL};
static PyTypeObject *changed[] = {&Changed_Type, NULL};

static PyObject *
call(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    PyErr_SetString(error, "called");
    return NULL;
}

static PyObject *
is_twice(PyObject *module, PyObject *object)
{
    return PyBool_FromLong(Py_TYPE(object) == twice[0]);
}

static PyObject *
make(PyObject *module, PyObject *ignored)
{
    Thing *thing = PyObject_New(Thing, twice[0]);
    if (thing != NULL)
        thing->call = call;
    return (PyObject *)thing;
}

static PyMethodDef methods[] = {
    {"is_twice", is_twice, METH_O, NULL},
    {"make", make, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "tables_kept", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_tables_kept(void)
{
    PyObject *m = PyModule_Create(&definition);
    int i;
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("tables_kept.error", NULL, NULL);
    if (PyType_Ready(&Twice_Type) < 0 || PyType_Ready(&Changed_Type) < 0)
        return NULL;
    for (i = 0; named[i] != NULL; i++) {
        if (PyType_Ready(named[i]) < 0)
            return NULL;
        Py_INCREF(named[i]);
        if (PyModule_AddObject(m, named[i]->tp_name, (PyObject *)named[i]) < 0)
            return NULL;
    }
    for (i = 0; changed[i] != NULL; i++)
        changed[i] = NULL;
    return m;
}
