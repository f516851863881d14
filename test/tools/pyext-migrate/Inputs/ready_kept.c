/* Types that are used before they are ready, and one with a metaclass. */
#include <Python.h>

typedef struct {
    PyObject_HEAD
} Thing;

#define DEFINE_TYPE(name) \
    static PyTypeObject name = { \
        PyVarObject_HEAD_INIT(NULL, 0) \
        .tp_name = "ready_kept." #name, \
        .tp_basicsize = sizeof(Thing), \
        .tp_flags = Py_TPFLAGS_DEFAULT, \
        .tp_new = PyType_GenericNew, \
    };

DEFINE_TYPE(Plain)
DEFINE_TYPE(Cast)
DEFINE_TYPE(Made)
DEFINE_TYPE(Meta)
DEFINE_TYPE(Early)

static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "ready_kept", .m_size = -1,
};

PyMODINIT_FUNC
PyInit_ready_kept(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
    Py_SET_TYPE(&Plain, &PyType_Type);
    ((PyObject *)&Cast)->ob_type = &PyType_Type;
    Py_SET_TYPE(&Made, &Meta);
    Meta.tp_base = &PyType_Type;
    Py_INCREF(&Early);
    PyModule_AddObject(m, "Early", (PyObject *)&Early);
    if (PyType_Ready(&Plain) < 0 || PyType_Ready(&Cast) < 0 ||
        PyType_Ready(&Meta) < 0 || PyType_Ready(&Made) < 0 || PyType_Ready(&Early) < 0)
        return NULL;
    return m;
}
