/* One function per way to leave a loop over a dict. Each loop is wrapped by the fix of cpython-refs-dict-next-unlocked, compiled
   and run: it must do the same as before and leave every reference count alone, on every path (probe.py). */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Nothing leaves the loop but its end and a break. */
static PyObject *
loop_break(PyObject *m, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0, n = 0;
    while (PyDict_Next(dict, &pos, &key, &value)) {
        if (key == Py_None)
            continue;
        if (value == Py_None)
            break;
        n++;
    }
    return PyLong_FromSsize_t(n);
}

static PyObject *
loop_for(PyObject *m, PyObject *dict)
{
    PyObject *key;
    Py_ssize_t pos, n = 0;
    for (pos = 0; PyDict_Next(dict, &pos, &key, NULL);)
        n += PyUnicode_Check(key);
    return PyLong_FromSsize_t(n);
}

/* Constant results. */
static PyObject *
loop_return_null(PyObject *m, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    double total = 0;
    while (PyDict_Next(dict, &pos, &key, &value)) {
        if (!PyUnicode_Check(key)) {
            PyErr_SetString(PyExc_TypeError, "keys are strings");
            return NULL;
        }
        double one = PyLong_AsDouble(value);
        if (one == -1.0 && PyErr_Occurred())
            return NULL;
        total += one;
    }
    return PyFloat_FromDouble(total);
}

/* A result that is worked out in the loop. */
static PyObject *
loop_return_found(PyObject *m, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    while (PyDict_Next(dict, &pos, &key, &value)) {
        if (value == Py_None)
            return Py_NewRef(key);
        if (PyUnicode_Check(value))
            return PyLong_FromSsize_t(pos);
    }
    Py_RETURN_NONE;
}

/* Runs code in the loop, so that the value has to be held. */
static PyObject *
loop_held(PyObject *m, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    PyObject *result = PyList_New(0);
    if (result == NULL)
        return NULL;
    while (PyDict_Next(dict, &pos, &key, &value)) {
        if (value == Py_None)
            continue;
        PyObject *text = PyObject_Repr(value);
        if (text == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        int bad = PyList_Append(result, text) < 0 || PyList_Append(result, value) < 0;
        Py_DECREF(text);
        if (bad) {
            Py_DECREF(result);
            return NULL;
        }
        if (PyObject_IsTrue(value) == 0)
            break;
        if (PyList_GET_SIZE(result) > 3)
            break;
    }
    return result;
}

/* To a label for the error, and to one for the end. */
static PyObject *
loop_goto(PyObject *m, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    PyObject *result = PyDict_New();
    if (result == NULL)
        goto error;
    while (PyDict_Next(dict, &pos, &key, &value)) {
        if (value == Py_None)
            goto done;
        if (!PyLong_Check(value)) {
            PyErr_SetObject(PyExc_TypeError, key);
            goto error;
        }
        if (PyDict_SetItem(result, key, value) < 0)
            goto error;
    }
done:
    return result;
error:
    Py_XDECREF(result);
    return NULL;
}

/* Key and value are both used after code has run. */
static PyObject *
loop_both(PyObject *m, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    Py_hash_t sum = 0;
    while (PyDict_Next(dict, &pos, &key, &value)) {
        int truth = PyObject_IsTrue(value);
        if (truth < 0)
            return NULL;
        if (truth == 0)
            continue;
        Py_hash_t hash = PyObject_Hash(value);
        if (hash == -1)
            return NULL;
        if (PyObject_RichCompareBool(key, value, Py_EQ) != 0)
            return PyErr_Occurred() ? NULL : Py_NewRef(key);
        sum += hash != 0;
    }
    return PyLong_FromSsize_t(sum);
}

/* A function without a value. */
static void
note_none(PyObject *dict, int *found)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    while (PyDict_Next(dict, &pos, &key, &value))
        if (value == Py_None) {
            *found += 1;
            return;
        }
    *found -= 1;
}

static PyObject *
loop_void(PyObject *m, PyObject *dict)
{
    int found = 0;
    note_none(dict, &found);
    return PyLong_FromLong(found);
}

/* The body of an if without braces, a result that is no object, and a loop after it. */
static int
mixed(PyObject *dict, int wanted)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    int n = 0;
    if (wanted)
        while (PyDict_Next(dict, &pos, &key, &value)) {
            if (PyUnicode_Check(value))
                return n;
            n++;
        }
    else
        n = 100;
    return -n;
}

static PyObject *
loop_mixed(PyObject *m, PyObject *dict)
{
    return Py_BuildValue("ii", mixed(dict, 1), mixed(dict, 0));
}

static PyMethodDef methods[] = {
    {"loop_break", loop_break, METH_O, NULL},
    {"loop_for", loop_for, METH_O, NULL},
    {"loop_return_null", loop_return_null, METH_O, NULL},
    {"loop_return_found", loop_return_found, METH_O, NULL},
    {"loop_held", loop_held, METH_O, NULL},
    {"loop_goto", loop_goto, METH_O, NULL},
    {"loop_both", loop_both, METH_O, NULL},
    {"loop_void", loop_void, METH_O, NULL},
    {"loop_mixed", loop_mixed, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "loops", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_loops(void)
{
    return PyModuleDef_Init(&definition);
}
