/* Callbacks that a library calls whose header is one of the project: its types stay as they are. */
#include <Python.h>
#include "library.h"

static PyObject *found, *error;
static long done;

static library_status
on_found(void *value)
{
    if (PyList_Append(found, (PyObject *)value) < 0)
        return LIBRARY_FAILED;
    return LIBRARY_GOOD;
}

static void
on_done(void *value)
{
    done += PyObject_IsTrue((PyObject *)value);
}

static const library_callbacks callbacks = {on_found, on_done};

static library_status
on_each(void *value)
{
    PyErr_SetObject(error, (PyObject *)value);
    return LIBRARY_GOOD;
}

/* Its own use of one of the types. */
static library_status
again(library_callback callback, PyObject *value)
{
    return callback(value);
}

static PyObject *
library_kept_run(PyObject *module, PyObject *value)
{
    library_each(on_each);
    if (library_run(&callbacks, value) != LIBRARY_GOOD || again(on_found, value) != LIBRARY_GOOD)
        return NULL;
    return PyLong_FromLong(done);
}

static PyMethodDef methods[] = {
    {"run", library_kept_run, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "library_kept", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_library_kept(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    found = PyList_New(0);
    error = PyErr_NewException("library_kept.error", NULL, NULL);
    if (found == NULL || error == NULL) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
