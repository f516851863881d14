// RUN: %check_tidy %s cpython-modules-limited-api-mismatch %t -python=3.15 -config=gil

// The headers of 3.15 declare critical sections for every Py_LIMITED_API.
#define Py_LIMITED_API 0x030d0000
#include <Python.h>

static PyObject *spam_size(PyObject *self, PyObject *list) {
  Py_ssize_t size;
  Py_BEGIN_CRITICAL_SECTION(self);
  size = PyList_Size(list);
  Py_END_CRITICAL_SECTION();
  return PyLong_FromSsize_t(size);
}
// CHECK-MESSAGES: :[[@LINE-5]]:3: warning: 'Py_BEGIN_CRITICAL_SECTION' is in the Limited API only since Python 3.15; this file asks for that of Python 3.13 [cpython-modules-limited-api-mismatch]
// CHECK-MESSAGES: :[[@LINE-4]]:3: warning: 'Py_END_CRITICAL_SECTION' is in the Limited API only since Python 3.15

static PyObject *spam_first(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItemRef(list, 0);
  if (item && Py_IsNone(item))
    Py_CLEAR(item);
  return Py_XNewRef(item);
}
PyMethodDef spam_methods[] = {
    {"size", spam_size, METH_O, NULL},
    {"first", spam_first, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};
