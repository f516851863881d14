// RUN: %check_tidy %s cpython-state-static-identifier %t -python=3.11,3.13,3.15

#include <Python.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

_Py_IDENTIFIER(flush);
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: 'PyId_flush' keeps an interned string in a static variable, with private functions that Python is going to remove [cpython-state-static-identifier]
// CHECK-NOTES: :[[@LINE+5]]:10: note: used here by '_PyObject_CallMethodId'; 'PyObject_CallMethodObjArgs' takes a string that the module state keeps

PyObject *_PyObject_CallMethodId(PyObject *, _Py_Identifier *, const char *, ...);

PyObject *flush(PyObject *module, PyObject *f) {
  return _PyObject_CallMethodId(f, &PyId_flush, NULL);
}

// Near misses.
static PyObject *name;
PyObject *by_pointer(PyObject *f, _Py_Identifier *id) {
  return PyObject_CallMethodNoArgs(f, name);
}
