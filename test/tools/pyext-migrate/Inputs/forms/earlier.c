/* The header of the function that makes the module, for Python 2 first: one body has both. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
    int value;
} Pair;

static PyTypeObject Pair_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    "earlier.Pair",
    sizeof(Pair),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject *cache;

/* Needs no module, and is called without one. */
static int
clear_all(PyObject *module)
{
    Py_CLEAR(cache);
    return 0;
}

static PyMethodDef methods[] = {
    {NULL, NULL, 0, NULL}
};

#if PY_MAJOR_VERSION >= 3

#define ADD_INT(mod, name, value) \
    if (PyModule_AddIntConstant(mod, name, (long)value) == -1) return NULL;

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "earlier",
    NULL,  /* m_doc */
    -1,
    methods,
    NULL,
    NULL,
    clear_all,
    NULL,
};

#else

#define ADD_INT(mod, name, value) \
    if (PyModule_AddIntConstant(mod, name, (long)value) == -1) return;

#endif

#if PY_MAJOR_VERSION < 3
void initearlier(void)
#else
PyObject *PyInit_earlier(void)
#endif
{
    PyObject *m;
    Pair_Type.tp_new = PyType_GenericNew;

#if PY_MAJOR_VERSION < 3
    m = Py_InitModule("earlier", methods);
    if (!m)
        return;
#else
    m = PyModule_Create(&definition);
    if (!m)
        return NULL;
#endif
    if (PyType_Ready(&Pair_Type) < 0)
        return NULL;
    if ((cache = PyDict_New()) == NULL || PyDict_SetItemString(cache, "a", Py_None) < 0) {
        clear_all(NULL);
        Py_DECREF(m);
        return NULL;
    }
    Py_INCREF(&Pair_Type);
    PyModule_AddObject(m, "Pair", (PyObject *)&Pair_Type);
    ADD_INT(m, "TWO", 2);
    if (PyDict_SetItemString(PyModule_GetDict(m), "names", PyList_New(0)) < 0)
        return NULL;
    PyDict_SetItemString(PyModule_GetDict(m), "none", Py_None);
#if PY_MAJOR_VERSION >= 3
    return m;
#endif
}
