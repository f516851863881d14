// RUN: %check_tidy %s cpython-threads-signal-handler-api %t

#include <Python.h>
#include <signal.h>

static PyObject *hook;
static volatile sig_atomic_t flag;

static void fire(void) {
  PyGILState_STATE s = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:24: warning: 'PyGILState_Ensure' is called in signal handler 'on_sig', which can interrupt Python anywhere: only 'PyErr_SetInterruptEx' may be called there [cpython-threads-signal-handler-api]
  Py_XDECREF(PyObject_CallNoArgs(hook));
  PyGILState_Release(s);
}
static void on_sig(int n) { fire(); }
void install(void) { signal(SIGUSR1, on_sig); }

static void on_action(int n) { PyErr_SetString(PyExc_RuntimeError, "signal"); }
// CHECK-MESSAGES: :[[@LINE-1]]:32: warning: 'PyErr_SetString' is called in signal handler 'on_action', which can interrupt Python anywhere: only 'PyErr_SetInterruptEx' may be called there
void install_action(void) {
  struct sigaction action;
  action.sa_handler = on_action;
  sigaction(SIGUSR2, &action, NULL);
}

// A flag, and the one call.
static void good(int n) {
  flag = 1;
  PyErr_SetInterruptEx(n);
}
void install_good(void) { PyOS_setsig(SIGINT, good); }
