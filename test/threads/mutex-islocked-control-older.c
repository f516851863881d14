// RUN: %check_tidy %s cpython-threads-mutex-islocked-control %t -python=3.13,3.15

// Locks that are taken whatever they are.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
  PyMutex lock;
} Obj;
static int good_lock(Obj *self) {
  PyMutex_Lock(&self->lock);
  self->count++;
  PyMutex_Unlock(&self->lock);
  return 0;
}
int (*const functions[])(Obj *) = {good_lock};
