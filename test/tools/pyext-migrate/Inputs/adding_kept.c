/* A macro readies a type whose base is found while the module is imported. */
#include <Python.h>

static PyTypeObject Item_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "adding_kept.Item",
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

#define READY(type) if (PyType_Ready(&type) < 0) return NULL

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "adding_kept", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_adding_kept(void)
{
    PyObject *base, *m, *decimal = PyImport_ImportModule("decimal");
    if (decimal == NULL)
        return NULL;
    base = PyObject_GetAttrString(decimal, "Decimal");
    Py_DECREF(decimal);
    if (base == NULL)
        return NULL;
    Item_Type.tp_base = (PyTypeObject *)base;
    READY(Item_Type);
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    Py_INCREF(&Item_Type);
    if (PyModule_AddObject(m, "Item", (PyObject *)&Item_Type) < 0)
        return NULL;
    return m;
}
