/* Look-ups in the conditions of loops. The fix of cpython-refs-borrowed-ref-race gives each turn its own reference (probe.py). */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *
list_while(PyObject *m, PyObject *list)
{
    Py_ssize_t i = 0;
    long total = 0;
    PyObject *item;
    while ((item = PyList_GetItem(list, i++)) != NULL) {
        if (item == Py_None) {
            continue;
        }
        long value = PyLong_AsLong(item);
        if (value == -1 && PyErr_Occurred()) {
            return NULL;
        }
        if (value == 13) {
            PyErr_SetString(PyExc_ValueError, "thirteen");
            return NULL;
        }
        if (value > 100) {
            break;
        }
        total += value;
    }
    PyErr_Clear();
    return PyLong_FromLong(total);
}

static PyObject *
list_for(PyObject *m, PyObject *list)
{
    PyObject *item, *result = PyList_New(0);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; (item = PyList_GetItem(list, i)); i++)
        if (PyList_Append(result, item) < 0) {
            Py_DECREF(result);
            return NULL;
        }
    PyErr_Clear();
    return result;
}

static PyObject *
list_while_kept(PyObject *m, PyObject *list)
{
    Py_ssize_t i = 0;
    PyObject *item;
    while ((item = PyList_GetItem(list, i++))) {
        int true = PyObject_IsTrue(item);
        if (true < 0) {
            return NULL;
        }
        if (true) {
            Py_INCREF(item);
            return item;
        }
    }
    PyErr_Clear();
    Py_RETURN_NONE;
}

static PyObject *
dict_while(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value;
    long turns = 0;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key)) {
        return NULL;
    }
    while ((value = PyDict_GetItemWithError(dict, key)) != NULL) {
        long n = PyLong_AsLong(value);
        if (n == -1 && PyErr_Occurred()) {
            return NULL;
        }
        if (++turns == 3) {
            break;
        }
    }
    return PyErr_Occurred() ? NULL : PyLong_FromLong(turns);
}

static PyMethodDef methods[] = {
    {"list_while", list_while, METH_O, NULL},
    {"list_for", list_for, METH_O, NULL},
    {"list_while_kept", list_while_kept, METH_O, NULL},
    {"dict_while", dict_while, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "whiles", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_whiles(void)
{
    return PyModuleDef_Init(&definition);
}
