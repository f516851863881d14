/* One function per way to put a value into a dict after a look-up. Each is rewritten by the fix of
   cpython-refs-container-check-then-act, compiled and run like those of lookups.c. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *
insert_made(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    PyObject *value = PyDict_GetItemWithError(dict, key);
    if (value != NULL) {
        Py_INCREF(value);
        return value;
    }
    if (PyErr_Occurred())
        return NULL;
    PyObject *made = PyObject_Repr(key);
    if (made == NULL)
        return NULL;
    if (PyDict_SetItem(dict, key, made) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    return made;
}

static PyObject *
insert_at_once(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    PyObject *value = PyDict_GetItem(dict, key);
    if (value == NULL) {
        PyObject *made = PyList_New(0);
        if (made && PyDict_SetItem(dict, key, made))
            Py_CLEAR(made);
        return made;
    }
    return PyObject_Repr(value);
}

static PyObject *
insert_same_variable(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    PyObject *value = PyDict_GetItemWithError(dict, key);
    if (value == NULL) {
        if (PyErr_Occurred())
            return NULL;
        value = PyTuple_Pack(1, key);
        if (value == NULL)
            return NULL;
        if (PyDict_SetItem(dict, key, value) == -1) {
            Py_DECREF(value);
            return NULL;
        }
        Py_DECREF(value);
    }
    return PyObject_Repr(value);
}

static PyObject *
insert_key(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    int found = PyDict_Contains(dict, key);
    if (found < 0)
        return NULL;
    if (!found && PyDict_SetItem(dict, key, key) < 0)
        return NULL;
    return PyDict_Copy(dict);
}

static PyMethodDef methods[] = {
    {"insert_made", insert_made, METH_VARARGS, NULL},
    {"insert_at_once", insert_at_once, METH_VARARGS, NULL},
    {"insert_same_variable", insert_same_variable, METH_VARARGS, NULL},
    {"insert_key", insert_key, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "inserts", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_inserts(void)
{
    return PyModuleDef_Init(&definition);
}
