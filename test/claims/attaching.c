// RUN: %check_tidy %s cpython-threads-attach-unchecked,cpython-threads-unbalanced-attach,cpython-threads-finalizing-toctou %t -python=3.15 -no-fix

// CPython pull request 123728: attaching and leaving again.
#include <Python.h>

int use(PyObject *op);
void lib_on_event(void (*callback)(void *), void *user);

// claim 0.18: attaching to an interpreter that may be gone can fail, and sets no exception.
static void on_view(void *view) {
  PyThreadStateToken *token = PyThreadState_EnsureFromView(view);
  // CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'PyThreadState_EnsureFromView' can return NULL, and the result is used without a test [cpython-threads-attach-unchecked]
  PySys_WriteStderr("event");
  PyThreadState_Release(token);
}

// claim 0.3, claim 0.24: each Ensure has its Release; to leave without one leaves the thread attached.
static void on_event(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  if (use((PyObject *)user) < 0)
    return;
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the thread attached [cpython-threads-unbalanced-attach]
  PyGILState_Release(state);
}

// claim 0.32: whether the interpreter still runs is not known by the time that the thread attaches.
static void on_late_event(void *user) {
  if (Py_IsFinalizing())
    return;
  PyGILState_STATE state = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: the interpreter can begin to end between the call of 'Py_IsFinalizing' and 'PyGILState_Ensure', which then waits for ever [cpython-threads-finalizing-toctou]
  use((PyObject *)user);
  PyGILState_Release(state);
}
void start(void) {
  lib_on_event(on_event, NULL);
  lib_on_event(on_late_event, NULL);
  lib_on_event(on_view, NULL);
}
