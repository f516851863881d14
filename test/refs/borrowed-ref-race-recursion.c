// Helpers that call each other: what their callers give them counts for all.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix

#include <Python.h>

int use(PyObject *op); // May run Python code.

static int odd(PyObject *list, int n);
static int even(PyObject *list, int n) {
  return n == 0 ? 1 : use(PyList_GET_ITEM(list, n)) + odd(list, n - 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
}
static int odd(PyObject *list, int n) {
  return n == 0 ? 0 : use(PyList_GET_ITEM(list, n)) + even(list, n - 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
}
static PyObject *is_even(PyObject *m, PyObject *list) { return PyLong_FromLong(even(list, 3)); }

static int left(PyObject *list, int n);
static int right(PyObject *list, int n) {
  return n == 0 ? 1 : use(PyList_GET_ITEM(list, n)) + left(list, n - 1);
}
static int left(PyObject *list, int n) {
  return n == 0 ? 0 : use(PyList_GET_ITEM(list, n)) + right(list, n - 1);
}
static PyObject *own_list(PyObject *m, PyObject *ignored) {
  PyObject *list = PyList_New(0);
  int n = list == NULL ? 0 : left(list, 3);
  Py_XDECREF(list);
  return PyLong_FromLong(n);
}

static PyObject *lookup(PyObject *dict, int n) {
  PyObject *v = PyDict_GetItemString(dict, "key");
  return v == NULL && n > 0 ? lookup(dict, n - 1) : v;
}
static PyObject *search(PyObject *m, PyObject *dict) {
  return Py_XNewRef(lookup(dict, 3));
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'lookup' on 'dict' is
}

static PyMethodDef methods[] = {
    {"is_even", is_even, METH_O, NULL},
    {"own_list", own_list, METH_NOARGS, NULL},
    {"search", search, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef recursion_module = {
    PyModuleDef_HEAD_INIT, .m_name = "recursion", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_recursion(void) { return PyModule_Create(&recursion_module); }
