// RUN: %check_tidy %s cpython-threads-gilstate-interpreter-switch %t

#include <Python.h>

int run_in_sub(const char *code) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyThreadState *sub = Py_NewInterpreter();
  // CHECK-MESSAGES: :[[@LINE-1]]:24: warning: 'Py_NewInterpreter' leaves the thread attached to another thread state than 'PyGILState_Ensure' did, and 'PyGILState_Release' ends that one [cpython-threads-gilstate-interpreter-switch]
  int rc = sub ? PyRun_SimpleString(code) : -1;
  if (sub)
    Py_EndInterpreter(sub);
  PyGILState_Release(st);
  return rc;
}
// There and back.
int run_and_return(const char *code) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyThreadState *save = PyThreadState_Get();
  PyThreadState *sub = Py_NewInterpreter();
  int rc = sub ? PyRun_SimpleString(code) : -1;
  if (sub)
    Py_EndInterpreter(sub);
  PyThreadState_Swap(save);
  PyGILState_Release(st);
  return rc;
}
int embed(const char *code) {
  PyThreadState *save = PyThreadState_Swap(NULL);
  PyThreadState *sub = Py_NewInterpreter();
  Py_EndInterpreter(sub);
  PyThreadState_Swap(save);
  return 0;
}
