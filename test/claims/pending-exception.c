// RUN: %check_tidy %s cpython-threads-attach-unchecked %t -python=3.15 -no-fix

// CPython pull request 123728: the exception of somebody else.
#include <Python.h>

void lib_on_event(void (*callback)(void *), void *user);

// claim 0.30: Release drops the exception, or leaves it to the code that the callback has interrupted.
static void on_event(void *view) {
  PyThreadStateToken *token = PyThreadState_EnsureFromView((PyInterpreterView *)view);
  if (token == NULL)
    return;
  PyObject *os = PyImport_ImportModule("os");
  // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'PyImport_ImportModule' can fail here, and 'PyThreadState_Release' is called with its exception pending: it is lost, or left to the code that the thread has interrupted [cpython-threads-attach-unchecked]
  Py_XDECREF(os);
  PyThreadState_Release(token);
}
static void on_handled(void *view) {
  PyThreadStateToken *token = PyThreadState_EnsureFromView((PyInterpreterView *)view);
  if (token == NULL)
    return;
  PyObject *os = PyImport_ImportModule("os");
  if (os == NULL)
    PyErr_WriteUnraisable(NULL);
  Py_XDECREF(os);
  PyThreadState_Release(token);
}
void listen(PyInterpreterView *view) {
  lib_on_event(on_event, view);
  lib_on_event(on_handled, view);
}
