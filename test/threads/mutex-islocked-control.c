// RUN: %check_tidy %s cpython-threads-mutex-islocked-control %t -python=3.14,3.15

#include <Python.h>
#include <assert.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
  PyMutex lock;
} Obj;

static int maybe(Obj *self) {
  if (!PyMutex_IsLocked(&self->lock))
  // CHECK-MESSAGES: :[[@LINE-1]]:8: warning: what 'PyMutex_IsLocked' says can be wrong when it is acted on: another thread locks or unlocks 'self->lock' in between [cpython-threads-mutex-islocked-control]
    self->count++;
  return 0;
}
static void spin(Obj *self) {
  while (self->count && PyMutex_IsLocked(&self->lock))
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: what 'PyMutex_IsLocked' says can be wrong when it is acted on: another thread locks or unlocks 'self->lock' in between [cpython-threads-mutex-islocked-control]
    ;
}

// Nothing below is wrong.

static int good_assert(Obj *self) {
  assert(PyMutex_IsLocked(&self->lock));
  return 0;
}
static PyObject *good_report(Obj *self, PyObject *ignored) {
  return PyBool_FromLong(PyMutex_IsLocked(&self->lock));
}
