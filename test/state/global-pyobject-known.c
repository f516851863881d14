// Known problems of the page: only the module's init function calls this, in another file. This has to start to pass one day.
// XFAIL: *
// RUN: %check_tidy %s cpython-state-global-pyobject %t -python=3.13

#include <Python.h>

static PyObject *str_trace;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'str_trace' keeps a Python object of one interpreter for all interpreters; every import of the module overwrites it [cpython-state-global-pyobject]

int Tracer_intern_strings(void) {
  str_trace = PyUnicode_InternFromString("trace");
  return str_trace ? 0 : -1;
}

PyObject *Tracer_trace(PyObject *self, PyObject *frame) { return PyObject_GetAttr(frame, str_trace); }
