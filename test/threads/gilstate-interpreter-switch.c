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
// Left without a release, and the failure that is given back before.
PyThreadState *keep(void) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyThreadState *sub = Py_NewInterpreter();
  // CHECK-MESSAGES: :[[@LINE-1]]:24: warning: 'Py_NewInterpreter' leaves the thread attached to another thread state than 'PyGILState_Ensure' did [cpython-threads-gilstate-interpreter-switch]
  if (sub == NULL) {
    PyGILState_Release(st);
    return NULL;
  }
  return sub;
}
int fail_early(const char *code) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyThreadState *save = PyThreadState_Get();
  PyThreadState *sub = Py_NewInterpreter();
  if (sub == NULL) {
    PyGILState_Release(st);
    return -1;
  }
  int rc = PyRun_SimpleString(code);
  Py_EndInterpreter(sub);
  PyThreadState_Swap(save);
  PyGILState_Release(st);
  return rc;
}
// Helpers.
static int in_sub(const char *code) {
  PyThreadState *save = PyThreadState_Swap(NULL);
  PyThreadState *sub = Py_NewInterpreter();
  int rc = PyRun_SimpleString(code);
  Py_EndInterpreter(sub);
  PyThreadState_Swap(save);
  return rc;
}
static PyThreadState *enter(void) { return Py_NewInterpreter(); }
static PyThreadState *enter_indeed(void) { return enter(); }
int with_helper(const char *code) {
  PyGILState_STATE st = PyGILState_Ensure();
  int rc = in_sub(code);
  PyGILState_Release(st);
  return rc;
}
void with_others(const char *code) {
  PyGILState_STATE st = PyGILState_Ensure();
  enter_indeed();
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'enter_indeed' leaves the thread attached to another thread state than 'PyGILState_Ensure' did, and 'PyGILState_Release' ends that one
  PyRun_SimpleString(code);
  PyGILState_Release(st);
}
