// RUN: %check_tidy %s cpython-threads-lock-held-across-python,cpython-threads-gil-as-mutex,cpython-threads-critical-section-nested %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions": locks and what runs while they are held.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
} Spam;
static PyMutex all_of_spam;
static long events;
void lib_on_event(void (*callback)(void *), void *user);

// claim 2.10, claim 2.18, claim 2.21: one lock around an extension deadlocks when Python code comes back to it. claim 1.10 of
// pybind11 pull request 5564 is such a case.
static PyObject *spam_call(PyObject *m, PyObject *function) {
  PyMutex_Lock(&all_of_spam);
  PyObject *result = PyObject_CallNoArgs(function);
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'PyObject_CallNoArgs' runs Python code while 'all_of_spam' is locked [cpython-threads-lock-held-across-python]
  PyMutex_Unlock(&all_of_spam);
  return result;
}

// claim 2.19: to attach keeps nobody out.
static void on_event(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'PyGILState_Ensure' guards nothing but 'events': without the GIL any number of threads is attached at the same time [cpython-threads-gil-as-mutex]
  events++;
  PyGILState_Release(state);
}
static PyObject *spam_events(PyObject *m, PyObject *ignored) {
  lib_on_event(on_event, NULL);
  return PyLong_FromLong(events);
}

// claim 2.22: a lock is not widened by taking a second one inside.
static PyObject *Spam_move(Spam *self, PyObject *arg) {
  Spam *other = (Spam *)arg;
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_BEGIN_CRITICAL_SECTION(other);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the section of 'other' can suspend the section of 'self': the two are not locked together [cpython-threads-critical-section-nested]
  other->count += self->count;
  self->count = 0;
  Py_END_CRITICAL_SECTION();
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
PyMethodDef spam_methods[] = {{"call", spam_call, METH_O, NULL},
                              {"events", spam_events, METH_NOARGS, NULL},
                              {NULL, NULL, 0, NULL}};
PyMethodDef Spam_methods[] = {{"move", (PyCFunction)Spam_move, METH_O, NULL}, {NULL, NULL, 0, NULL}};
