// RUN: %check_tidy %s cpython-threads-gil-as-mutex %t -python=3.13,3.15

#include <Python.h>

void lib_on_event(void (*callback)(void *), void *user);
int use(PyObject *op);
static long events, lost, counted;
static _Atomic long atomic_events;
static PyMutex events_lock;
static _Thread_local long mine;

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' guards nothing but 'events': without the GIL any number of threads is attached at the same time [cpython-threads-gil-as-mutex]
  // CHECK-NOTES: :[[@LINE+2]]:3: note: 'events' is written here
  // CHECK-NOTES: :[[@LINE+4]]:87: note: 'events' is also read here
  events++;
  PyGILState_Release(st);
}
static PyObject *spam_events(PyObject *m, PyObject *ignored) { return PyLong_FromLong(events); }

// Nothing below is wrong.

static void good_lock(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyMutex_Lock(&events_lock);
  lost++;
  PyMutex_Unlock(&events_lock);
  PyGILState_Release(st);
}
static void good_atomic(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  atomic_events++;
  mine++;
  PyGILState_Release(st);
}
// Another check speaks of data that is written beside the use of objects.
static void good_objects(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  counted++;
  use((PyObject *)user);
  PyGILState_Release(st);
}
static void good_only_gil(void *user) {
#ifndef Py_GIL_DISABLED
  PyGILState_STATE st = PyGILState_Ensure();
  lost++;
  PyGILState_Release(st);
#endif
}
static PyObject *spam_register(PyObject *m, PyObject *arg) {
  lib_on_event(on_event, NULL);
  lib_on_event(good_lock, NULL);
  lib_on_event(good_atomic, NULL);
  lib_on_event(good_objects, Py_NewRef(arg));
  lib_on_event(good_only_gil, NULL);
  return spam_events(m, NULL);
}
PyObject *(*const functions[])(PyObject *, PyObject *) = {spam_register};
