// RUN: %check_tidy %s cpython-threads-removed-thread-api %t -python=3.13,3.15 -fix-min-python=3.12 -- -- -Wno-deprecated-declarations

// The replacement exists in all that is supported.
#include <Python.h>

PyObject *chain(PyObject *function) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  Py_XDECREF(PyObject_CallNoArgs(function));
  PyErr_Restore(type, value, traceback);
  return NULL;
}
// CHECK-MESSAGES: :[[@LINE-6]]:3: warning: 'PyErr_Fetch' is deprecated since Python 3.12: three borrowed-looking pieces of one exception are easily mixed up [cpython-threads-removed-thread-api]
// CHECK-NOTES: :[[@LINE-7]]:3: note: 'PyErr_GetRaisedException' takes its place
// CHECK-NOTES: :[[@LINE-7]]:3: note: 'PyErr_NormalizeException' is used here too
// CHECK-NOTES: :[[@LINE-6]]:3: note: 'PyErr_Restore' is used here too

PyObject *chain2(PyObject *function) {
  PyObject *exception = PyErr_GetRaisedException();
  Py_XDECREF(PyObject_CallNoArgs(function));
  PyErr_SetRaisedException(exception);
  return NULL;
}
