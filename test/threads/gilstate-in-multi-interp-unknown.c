// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t

// A file of an extension that shows nothing of its module.
#include <Python.h>

void lib_on_event(void (*callback)(void *user), void *user);

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
}
PyObject *spam_register(PyObject *m, PyObject *arg) {
  lib_on_event(on_event, Py_NewRef(arg));
  Py_RETURN_NONE;
}
