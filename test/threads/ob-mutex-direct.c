// RUN: %check_tidy %s cpython-threads-ob-mutex-direct %t -python=3.13,3.15 -config=ft -fix-min-python=3.13

#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
  PyMutex lock;
} Obj;

static PyObject *obj_inc(Obj *self, PyObject *ignored) {
  PyMutex_Lock(&((PyObject *)self)->ob_mutex);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the mutex of an object is the runtime's own: locked directly, it is not released when the thread has to wait [cpython-threads-ob-mutex-direct]
  // CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION((PyObject *)self);
  self->count++;
  PyMutex_Unlock(&((PyObject *)self)->ob_mutex);
  // CHECK-NOTES: :[[@LINE-1]]:3: note: also used here
  // CHECK-FIXES: Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *obj_early(PyObject *op, PyObject *ignored) {
  PyMutex_Lock(&op->ob_mutex);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the mutex of an object is the runtime's own: locked directly, it is not released when the thread has to wait [cpython-threads-ob-mutex-direct]
  if (((Obj *)op)->count == 0) {
    PyMutex_Unlock(&op->ob_mutex);
    // CHECK-NOTES: :[[@LINE-1]]:5: note: also used here
    return NULL;
  }
  PyMutex_Unlock(&op->ob_mutex);
  // CHECK-NOTES: :[[@LINE-1]]:3: note: also used here
  Py_RETURN_NONE;
}

// Nothing below is wrong.

static PyObject *good_section(Obj *self, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->count++;
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyObject *good_own(Obj *self, PyObject *ignored) {
  PyMutex_Lock(&self->lock);
  self->count++;
  PyMutex_Unlock(&self->lock);
  Py_RETURN_NONE;
}
