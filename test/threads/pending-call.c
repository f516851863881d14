// RUN: %check_tidy %s cpython-threads-pending-call %t

#include <Python.h>

static int run_cb(void *arg) {
  PyObject *r = PyObject_CallNoArgs((PyObject *)arg);
  Py_XDECREF(r);
  return r ? 0 : -1;
}
void on_event(void *user) {
  Py_AddPendingCall(run_cb, user);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_AddPendingCall' has 'run_cb' run in the main interpreter, whatever interpreter its data belongs to; it can also fail, and the call is lost [cpython-threads-pending-call]
}
int on_checked(void *user) {
  return Py_AddPendingCall(run_cb, user);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'Py_AddPendingCall' has 'run_cb' run in the main interpreter, whatever interpreter its data belongs to
}
static int seen;
static int set_flag(void *arg) {
  seen = 1;
  return 0;
}
void on_flag(void *user) {
  Py_AddPendingCall(set_flag, user);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_AddPendingCall' can fail when its queue is full, and the call is lost
}
static int interrupt(void *arg) {
  PyErr_SetInterrupt();
  return 0;
}
int on_interrupt(void *user) { return Py_AddPendingCall(interrupt, user) < 0; }
