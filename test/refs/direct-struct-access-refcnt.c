// RUN: %check_tidy %s cpython-refs-direct-struct-access %t -python=3.11,3.13 -config=gil

// The reference count is in a union without a name from 3.12 on; the fix names the object all the same. A free-threaded build has no such field.
#include <Python.h>

static PyObject *count(PyObject *m, PyObject *op) {
  Py_ssize_t n = op->ob_refcnt;
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: field 'ob_refcnt' of CPython's 'PyObject' is accessed directly
  // CHECK-FIXES: Py_ssize_t n = Py_REFCNT(op);
  return PyLong_FromSsize_t(n);
}
static PyObject *behind(PyObject *m, PyObject *op) {
  PyObject **p = &op;
  return PyLong_FromSsize_t((*p)->ob_refcnt);
  // CHECK-MESSAGES: :[[@LINE-1]]:35: warning: field 'ob_refcnt' of CPython's 'PyObject' is accessed directly
  // CHECK-FIXES: return PyLong_FromSsize_t(Py_REFCNT(*p));
}
static PyObject *cast(PyObject *m, PyObject *op) {
  return PyLong_FromSsize_t(((PyObject *)Py_TYPE(op))->ob_refcnt);
  // CHECK-MESSAGES: :[[@LINE-1]]:56: warning: field 'ob_refcnt' of CPython's 'PyObject' is accessed directly
  // CHECK-FIXES: return PyLong_FromSsize_t(Py_REFCNT((PyObject *)Py_TYPE(op)));
}
// With Py_REFCNT the next check would find fault with it: whether others have the object, a count does not tell.
static PyObject *alone(PyObject *m, PyObject *op) {
  return PyBool_FromLong(op->ob_refcnt == 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:30: warning: field 'ob_refcnt' of CPython's 'PyObject' is accessed directly
}
static PyMethodDef methods[] = {{"count", count, METH_O, NULL},
                                {"behind", behind, METH_O, NULL},
                                {"alone", alone, METH_O, NULL},
                                {"cast", cast, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "demo", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&def); }
