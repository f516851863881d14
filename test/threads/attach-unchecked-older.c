// RUN: %check_tidy %s cpython-threads-attach-unchecked %t

// What came before PEP 788 cannot fail.
#include <Python.h>

int use(PyObject *op);
static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  use((PyObject *)user);
  PyGILState_Release(st);
}
static int detached(void) {
  PyThreadState *save = PyEval_SaveThread();
  PyEval_RestoreThread(save);
  return 0;
}
void (*const functions[])(void *) = {on_event};
int (*const others[])(void) = {detached};
