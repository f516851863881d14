/* Counts of references that decide whether an object may be changed in place. The fix of cpython-refs-refcnt-uniqueness asks in
   another way, behind a version guard; with the GIL the answer must be the same (probe.py). */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *kept;

static PyObject *
unique_append(PyObject *m, PyObject *op)
{
    Py_XSETREF(kept, PySequence_List(op));
    if (kept == NULL) {
        return NULL;
    }
    if (Py_REFCNT(kept) == 1) {
        if (PyList_Append(kept, Py_None) < 0) {
            return NULL;
        }
    }
    return Py_NewRef(kept);
}

static PyObject *
unique_shared(PyObject *m, PyObject *op)
{
    Py_XSETREF(kept, PySequence_List(op));
    if (kept == NULL) {
        return NULL;
    }
    PyObject *other = Py_NewRef(kept);
    int in_place = !(Py_REFCNT(kept) > 1) && other == kept;
    PyObject *result = in_place ? Py_NewRef(kept) : PyList_AsTuple(other);
    Py_DECREF(other);
    return result;
}

static PyObject *
unique_both(PyObject *m, PyObject *op)
{
    Py_XSETREF(kept, PySequence_List(op));
    if (kept == NULL) {
        return NULL;
    }
    Py_ssize_t size = PyList_GET_SIZE(kept);
    PyObject *second = size % 2 ? Py_NewRef(kept) : NULL;
    const char *answer;
    if (size > 0 && Py_REFCNT(kept) < 2 && size < 100)
        answer = "alone";
    else
        answer = "shared";
    Py_XDECREF(second);
    return PyUnicode_FromString(answer);
}

static PyObject *
unique_of_return(void)
{
    int others = Py_REFCNT(kept) != 1;
    return PyBool_FromLong(others);
}

static PyObject *
unique_return(PyObject *m, PyObject *op)
{
    Py_XSETREF(kept, PySequence_List(op));
    return kept ? unique_of_return() : NULL;
}

static PyObject *
unique_else(PyObject *m, PyObject *op)
{
    Py_XSETREF(kept, PySequence_List(op));
    if (kept == NULL) {
        return NULL;
    }
    if (PyList_GET_SIZE(kept) == 0) {
        Py_RETURN_NONE;
    }
    else if (PyList_GET_SIZE(kept) > 1 && Py_REFCNT(kept) == 1) {
        if (PyList_Append(kept, Py_None) < 0) {
            return NULL;
        }
    }
    else if (Py_REFCNT(kept) > 1) {
        Py_RETURN_TRUE;
    }
    return Py_NewRef(kept);
}

static PyObject *
unique_while(PyObject *m, PyObject *op)
{
    Py_XSETREF(kept, PySequence_List(op));
    if (kept == NULL) {
        return NULL;
    }
    while (Py_REFCNT(kept) == 1 && PyList_GET_SIZE(kept) < 5) {
        if (PyList_Append(kept, Py_True) < 0) {
            return NULL;
        }
    }
    do {
        if (PyList_Append(kept, Py_False) < 0) {
            return NULL;
        }
    } while (PyList_GET_SIZE(kept) < 7 && Py_REFCNT(kept) == 1);
    return PyList_AsTuple(kept);
}

static PyMethodDef methods[] = {
    {"unique_append", unique_append, METH_O, NULL},
    {"unique_shared", unique_shared, METH_O, NULL},
    {"unique_both", unique_both, METH_O, NULL},
    {"unique_return", unique_return, METH_O, NULL},
    {"unique_else", unique_else, METH_O, NULL},
    {"unique_while", unique_while, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "uniques", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_uniques(void)
{
    return PyModuleDef_Init(&definition);
}
