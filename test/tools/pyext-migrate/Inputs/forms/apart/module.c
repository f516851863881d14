#include <Python.h>
#include "codec.h"

static PyObject *decode_error;

/* What there was before. */
typedef struct {
    PyObject *numbers;
} apart_data;

static struct PyModuleDef definition;

#define DATA(m) ((apart_data *)PyModule_GetState(m))

static void *
make_number(void *context, long value)
{
    PyObject *number = PyLong_FromLong(value);
    if (number != NULL && PyList_Append((PyObject *)context, number) < 0)
        Py_CLEAR(number);
    return number;
}

static int
fail(const char *message)
{
    PyErr_SetString(decode_error, message);
    return -1;
}

static PyObject *
decode(PyObject *self, PyObject *text)
{
    static const codec with = {make_number, fail};
    const char *bytes = PyUnicode_AsUTF8(text);
    if (bytes == NULL)
        return NULL;
    return codec_decode(&with, DATA(self)->numbers, bytes);
}

static int
apart_traverse(PyObject *m, visitproc visit, void *arg)
{
    Py_VISIT(DATA(m)->numbers);
    return 0;
}

static int
apart_clear(PyObject *m)
{
    Py_CLEAR(DATA(m)->numbers);
    return 0;
}

static void
apart_free(void *m)
{
    apart_clear((PyObject *)m);
}

static PyMethodDef methods[] = {
    {"decode", decode, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "apart",
    NULL,
    sizeof(apart_data),
    methods,
    NULL,
    apart_traverse,
    apart_clear,
    apart_free
};

PyMODINIT_FUNC
PyInit_apart(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    DATA(m)->numbers = PyList_New(0);
    if (DATA(m)->numbers == NULL)
        goto fail;
    decode_error = PyErr_NewException("apart.error", PyExc_ValueError, NULL);
    if (decode_error == NULL)
        goto fail;
    Py_INCREF(decode_error);
    if (PyModule_AddObject(m, "error", decode_error) < 0) {
        Py_DECREF(decode_error);
        goto fail;
    }
    return m;
fail:
    Py_DECREF(m);
    return NULL;
}
