/* Python 2 has half of the function that makes the module. */
#include <Python.h>

#if PY_MAJOR_VERSION == 2
#define TWO
#endif

typedef struct {
    PyObject_HEAD
} Thing;

static PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "halves.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject *
thing(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    return (PyObject *)PyObject_New(Thing, &Thing_Type);
}

static PyMethodDef methods[] = {
    {"thing", thing, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

#ifndef TWO
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "halves", .m_size = -1, .m_methods = methods,
};
#endif

#ifdef __cplusplus
extern "C"
#endif
PyMODINIT_FUNC
#ifdef TWO
inithalves(void)
{
#define FAILED return
#else
PyInit_halves(void)
{
    PyObject *m;
#define FAILED return NULL
#endif

    Py_SET_TYPE(&Thing_Type, &PyType_Type);
    Thing_Type.tp_new = PyType_GenericNew;
    if (PyType_Ready(&Thing_Type) < 0)
        FAILED;

#ifdef TWO
    Py_InitModule3("halves", methods, "Things.");
#else
    m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
    Py_INCREF(&Thing_Type);
    PyModule_AddObject(m, "Thing", (PyObject *)&Thing_Type);
#endif

#ifndef TWO
    return m;
#endif
}
