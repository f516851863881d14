// RUN: %check_tidy %s cpython-threads-gilstate-interpreter-switch,cpython-threads-tstate-foreign-thread %t -python=3.13,3.15 -no-fix

// CPython pull request 123728: other interpreters and thread states between Ensure and Release.
#include <Python.h>

int use(PyObject *op);

// claim 0.2: the new interpreter has detached what Ensure attached, and Release ends another thread state.
int run_with_config(PyInterpreterConfig *config, const char *code) {
  PyGILState_STATE state = PyGILState_Ensure();
  PyThreadState *sub = NULL;
  PyStatus status = Py_NewInterpreterFromConfig(&sub, config);
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'Py_NewInterpreterFromConfig' leaves the thread attached to another thread state than 'PyGILState_Ensure' did, and 'PyGILState_Release' ends that one [cpython-threads-gilstate-interpreter-switch]
  int rc = PyStatus_Exception(status) ? -1 : PyRun_SimpleString(code);
  PyGILState_Release(state);
  return rc;
}

// claim 0.5: it is wrong in itself; no Release has to be seen.
PyThreadState *leave_in_sub(void) {
  PyGILState_Ensure();
  return Py_NewInterpreter();
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'Py_NewInterpreter' leaves the thread attached to another thread state than 'PyGILState_Ensure' did [cpython-threads-gilstate-interpreter-switch]
}

// claim 0.28: a helper switches behind the back of its caller.
static void make_current(PyThreadState **sub) { *sub = Py_NewInterpreter(); }
void through_helper(const char *code) {
  PyThreadState *sub;
  PyGILState_STATE state = PyGILState_Ensure();
  make_current(&sub);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'make_current' leaves the thread attached to another thread state than 'PyGILState_Ensure' did, and 'PyGILState_Release' ends that one [cpython-threads-gilstate-interpreter-switch]
  PyRun_SimpleString(code);
  PyGILState_Release(state);
}
// Nested, and each undone: nothing is lost.
int there_and_back(const char *code) {
  PyGILState_STATE state = PyGILState_Ensure();
  PyThreadState *here = PyThreadState_Get();
  PyThreadState *sub = Py_NewInterpreter();
  int rc = sub ? PyRun_SimpleString(code) : -1;
  if (sub)
    Py_EndInterpreter(sub);
  PyThreadState_Swap(here);
  PyGILState_Release(state);
  return rc;
}

// claim 0.20: the thread state is of the thread that ran 'remember'.
static PyThreadState *remembered;
void remember(void) { remembered = PyThreadState_Get(); }
void *worker(void *arg) {
  PyGILState_STATE state = PyGILState_Ensure();
  PyThreadState *before = PyThreadState_Swap(remembered);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'PyThreadState_Swap' attaches to the thread state in 'remembered', which belongs to the thread that ran 'remember' last [cpython-threads-tstate-foreign-thread]
  use((PyObject *)arg);
  PyThreadState_Swap(before);
  PyGILState_Release(state);
  return NULL;
}
