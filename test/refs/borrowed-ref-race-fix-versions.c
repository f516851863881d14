// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.11,3.13,3.14 -suffix=GUARD -- -- -Wno-deprecated-declarations
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.11,3.13,3.14 -suffix=COMPAT -option=Compat=pythoncapi_compat -- -- -Wno-deprecated-declarations

// Fixes for an extension that supports older versions of Python too: with a
// version guard, or with pythoncapi_compat.h.

#include <Python.h>
// CHECK-FIXES-COMPAT: #include "pythoncapi_compat.h"

int use(PyObject *op);

PyObject *list(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES-COMPAT: PyObject *item = PyList_GetItemRef(list, 0);
  // CHECK-FIXES-GUARD: PyObject *item;
  // CHECK-FIXES-GUARD: #if PY_VERSION_HEX >= 0x030D0000
  // CHECK-FIXES-GUARD: item = PyList_GetItemRef(list, 0);
  // CHECK-FIXES-GUARD: #else
  // CHECK-FIXES-GUARD: item = PyList_GetItem(list, 0);
  // CHECK-FIXES-GUARD: Py_XINCREF(item);
  // CHECK-FIXES-GUARD: #endif
  if (item == NULL || use(item) < 0)
    return NULL;
  // CHECK-FIXES: if (item == NULL || use(item) < 0) {
  // CHECK-FIXES: Py_XDECREF(item);
  // CHECK-FIXES: return NULL;
  // CHECK-FIXES: }
  // CHECK-FIXES: Py_DECREF(item);
  Py_RETURN_NONE;
}

PyObject *dict(PyObject *m, PyObject *dict) {
  PyObject *value;
  value = PyDict_GetItemString(dict, "name");
  // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: borrowed reference from 'PyDict_GetItemString'
  // CHECK-FIXES-COMPAT: if (PyDict_GetItemStringRef(dict, "name", &value) < 0) {
  // CHECK-FIXES-COMPAT: PyErr_Clear();
  // CHECK-FIXES-COMPAT: }
  // CHECK-FIXES-GUARD: #if PY_VERSION_HEX >= 0x030D0000
  // CHECK-FIXES-GUARD: if (PyDict_GetItemStringRef(dict, "name", &value) < 0) {
  // CHECK-FIXES-GUARD: PyErr_Clear();
  // CHECK-FIXES-GUARD: }
  // CHECK-FIXES-GUARD: #else
  // CHECK-FIXES-GUARD: value = PyDict_GetItemString(dict, "name");
  // CHECK-FIXES-GUARD: Py_XINCREF(value);
  // CHECK-FIXES-GUARD: #endif
  if (value != NULL) {
    Py_INCREF(value);
    // CHECK-FIXES-REMOVED: Py_INCREF(value);
    return value;
  }
  Py_RETURN_NONE;
}

// Tests for None become tests for NULL.
PyObject *weak(PyObject *m, PyObject *ref) {
  PyObject *op = PyWeakref_GetObject(ref);
  // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: borrowed reference from 'PyWeakref_GetObject'
  // CHECK-FIXES: PyObject *op;
  // CHECK-FIXES-GUARD: #if PY_VERSION_HEX >= 0x030D0000
  // CHECK-FIXES: if (PyWeakref_GetRef(ref, &op) < 0) {
  // CHECK-FIXES: PyErr_Clear();
  // CHECK-FIXES: }
  // CHECK-FIXES-GUARD: #else
  // CHECK-FIXES-GUARD: op = PyWeakref_GetObject(ref);
  // CHECK-FIXES-GUARD: if (op == NULL) {
  // CHECK-FIXES-GUARD: PyErr_Clear();
  // CHECK-FIXES-GUARD: }
  // CHECK-FIXES-GUARD: else if (op == Py_None) {
  // CHECK-FIXES-GUARD: op = NULL;
  // CHECK-FIXES-GUARD: }
  // CHECK-FIXES-GUARD: Py_XINCREF(op);
  // CHECK-FIXES-GUARD: #endif
  if (op == Py_None) {
    // CHECK-FIXES: if (op == NULL) {
    PyErr_SetString(PyExc_ReferenceError, "gone");
    return NULL;
  }
  return PyObject_Repr(op);
  // CHECK-FIXES: PyObject *result = PyObject_Repr(op);
  // CHECK-FIXES: Py_DECREF(op);
  // CHECK-FIXES: return result;
}

// When nothing tests for it, the new code makes the None the old call gave.
PyObject *weak_object(PyObject *m, PyObject *ref) {
  PyObject *op = PyWeakref_GetObject(ref);
  // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: borrowed reference from 'PyWeakref_GetObject'
  // CHECK-FIXES: PyObject *op;
  // CHECK-FIXES-GUARD: #if PY_VERSION_HEX >= 0x030D0000
  // CHECK-FIXES: if (PyWeakref_GetRef(ref, &op) == 0) {
  // CHECK-FIXES: op = Py_None;
  // CHECK-FIXES: Py_INCREF(op);
  // CHECK-FIXES: }
  // CHECK-FIXES-GUARD: #else
  // CHECK-FIXES-GUARD: op = PyWeakref_GetObject(ref);
  // CHECK-FIXES-GUARD: Py_XINCREF(op);
  // CHECK-FIXES-GUARD: #endif
  Py_XINCREF(op);
  // CHECK-FIXES-REMOVED: Py_XINCREF(op);
  return op;
}

static PyMethodDef methods[] = {
    {"list", list, METH_O, NULL},
    {"dict", dict, METH_O, NULL},
    {"weak", weak, METH_O, NULL},
    {"weak_object", weak_object, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
