// RUN: %check_tidy %s cpython-threads-finalizing-toctou %t -python=3.13,3.15

#include <Python.h>

int use(PyObject *op);
void lib_on_event(void (*callback)(void *), void *user);

static void on_event(void *user) {
  if (Py_IsFinalizing())
    return;
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: the interpreter can begin to end between the call of 'Py_IsFinalizing' and 'PyGILState_Ensure', which then waits for ever [cpython-threads-finalizing-toctou]
  // CHECK-NOTES: :[[@LINE-4]]:7: note: asked here
  // CHECK-NOTES: :[[@LINE+6]]:16: note: 'on_event' is handed to code here that may call it on any thread
  use((PyObject *)user);
  PyGILState_Release(st);
}

static PyObject *spam_register(PyObject *m, PyObject *arg) {
  lib_on_event(on_event, Py_NewRef(arg));
  Py_RETURN_NONE;
}

static void in_branch(void *user) {
  if (Py_IsInitialized()) {
    PyGILState_STATE st = PyGILState_Ensure();
    // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: the interpreter can begin to end between the call of 'Py_IsInitialized' and 'PyGILState_Ensure', which then waits for ever [cpython-threads-finalizing-toctou]
    // CHECK-NOTES: :[[@LINE-3]]:7: note: asked here
    // CHECK-NOTES: :[[@LINE+6]]:16: note: 'in_branch' is handed to code here that may call it on any thread
    use((PyObject *)user);
    PyGILState_Release(st);
  }
}
static PyObject *spam_other(PyObject *m, PyObject *arg) {
  lib_on_event(in_branch, Py_NewRef(arg));
  Py_RETURN_NONE;
}

// Nothing below is wrong.

static void good_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  use((PyObject *)user);
  PyGILState_Release(st);
}
static void good_destroy(PyObject *op) {
  if (!Py_IsFinalizing())
    Py_DECREF(op);
}
static PyObject *good_method(PyObject *m, PyObject *arg) {
  if (Py_IsFinalizing())
    return NULL;
  lib_on_event(good_event, Py_NewRef(arg));
  good_destroy(arg);
  Py_RETURN_NONE;
}
PyObject *(*const functions[])(PyObject *, PyObject *) = {spam_register, spam_other, good_method};
