/* The variable of the module holds another one before, and one label releases both. */
#include <Python.h>

static PyObject *mapping;
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "reused_kept", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_reused_kept(void)
{
    PyObject *m = PyImport_ImportModule("collections.abc");
    if (m == NULL)
        return NULL;
    mapping = PyObject_GetAttrString(m, "Mapping");
    if (mapping == NULL)
        goto fail;
    Py_DECREF(m);
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    if (PyModule_AddIntConstant(m, "ONE", 1) < 0)
        goto fail;
    return m;
fail:
    Py_DECREF(m);
    return NULL;
}
