// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t

// A file of an extension whose module is defined in another file, but has its
// state per interpreter.
#include <Python.h>

typedef struct {
  PyObject *error;
} spam_state;
void lib_on_event(void (*callback)(void *user), void *user);

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know to which interpreter the callback belongs, and the module keeps its state per interpreter [cpython-threads-gilstate-in-multi-interp]
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
}
PyObject *spam_register(PyObject *m, PyObject *arg) {
  spam_state *state = PyModule_GetState(m);
  if (!PyCallable_Check(arg)) {
    PyErr_SetString(state->error, "not callable");
    return NULL;
  }
  lib_on_event(on_event, Py_NewRef(arg));
  Py_RETURN_NONE;
}
