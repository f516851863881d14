/* Stands in for the header of the same name (python/pythoncapi-compat) in tests that run the fixed code: what the fixes take
   from it, for the versions of Python that lack it, with the results and errors the documentation gives the real functions. */
#ifndef PYTHONCAPI_COMPAT
#define PYTHONCAPI_COMPAT

#include <Python.h>

#if PY_VERSION_HEX < 0x030D0000

static inline PyObject *
PyList_GetItemRef(PyObject *op, Py_ssize_t index)
{
    PyObject *item = PyList_GetItem(op, index);
    Py_XINCREF(item);
    return item;
}

static inline int
PyDict_GetItemRef(PyObject *mp, PyObject *key, PyObject **result)
{
    *result = PyDict_GetItemWithError(mp, key);
    Py_XINCREF(*result);
    return *result ? 1 : PyErr_Occurred() ? -1 : 0;
}

static inline int
PyDict_GetItemStringRef(PyObject *mp, const char *key, PyObject **result)
{
    int rc;
    PyObject *text = PyUnicode_FromString(key);
    if (text == NULL) {
        *result = NULL;
        return -1;
    }
    rc = PyDict_GetItemRef(mp, text, result);
    Py_DECREF(text);
    return rc;
}

static inline int
PyDict_SetDefaultRef(PyObject *d, PyObject *key, PyObject *default_value, PyObject **result)
{
    PyObject *value;
    int rc = PyDict_GetItemRef(d, key, &value);
    if (rc == 0) {
        value = PyDict_SetDefault(d, key, default_value);
        Py_XINCREF(value);
        rc = value ? 0 : -1;
    }
    if (result)
        *result = value;
    else
        Py_XDECREF(value);
    return rc;
}

static inline int
PyWeakref_GetRef(PyObject *ref, PyObject **pobj)
{
    *pobj = NULL;
    if (!PyWeakref_Check(ref)) {
        PyErr_SetString(PyExc_TypeError, "expected a weakref");
        return -1;
    }
    *pobj = PyWeakref_GetObject(ref);
    if (*pobj == Py_None) {
        *pobj = NULL;
        return 0;
    }
    Py_XINCREF(*pobj);
    return *pobj ? 1 : -1;
}

static inline PyObject *
PyImport_AddModuleRef(const char *name)
{
    PyObject *module = PyImport_AddModule(name);
    Py_XINCREF(module);
    return module;
}

#endif

#if PY_VERSION_HEX < 0x030F00A1
static inline int
PySys_GetOptionalAttrString(const char *name, PyObject **value)
{
    *value = Py_XNewRef(PySys_GetObject(name));
    return *value != NULL;
}
#endif

#endif /* PYTHONCAPI_COMPAT */
