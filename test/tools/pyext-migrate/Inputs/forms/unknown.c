/* A heap type that is made without the module. */
#include <Python.h>

static PyObject *error;
static PyObject *Box_Type;

static PyObject *
box_fail(PyObject *self, PyObject *args)
{
    PyErr_SetString(error, "failed");
    return NULL;
}

static PyMethodDef box_methods[] = {
    {"fail", box_fail, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};
static PyType_Slot box_slots[] = {
    {Py_tp_methods, box_methods},
    {0, NULL}
};
static PyType_Spec box_spec = {"unknown.Box", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, box_slots};

static int
make_types(void)
{
    Box_Type = PyType_FromSpec(&box_spec);
    return Box_Type == NULL ? -1 : 0;
}

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "unknown", NULL, -1, NULL, NULL, NULL, NULL, NULL
};

PyMODINIT_FUNC
PyInit_unknown(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("unknown.Error", NULL, NULL);
    if (error == NULL || make_types() < 0) {
        Py_DECREF(m);
        return NULL;
    }
    Py_INCREF(error);
    PyModule_AddObject(m, "Error", error);
    Py_INCREF(Box_Type);
    PyModule_AddObject(m, "Box", Box_Type);
    return m;
}
