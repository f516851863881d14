// One defect that is found with the headers of every Python.
#include <Python.h>

static PyObject *first_repr(PyObject *self, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  if (item == NULL)
    return NULL;
  return PyObject_Repr(item);
}

static PyMethodDef methods[] = {
    {"first_repr", first_repr, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "spam", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&module); }
