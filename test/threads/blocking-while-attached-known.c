// Known problem of the page: helpers that detach on a condition. This has to start to pass one day.
// XFAIL: *
// RUN: %check_tidy %s cpython-threads-blocking-while-attached %t -python=3.13

#include <Python.h>

// A lock that only exists when the state is for several threads; then the thread detaches before it waits.
typedef struct {
  PyObject_HEAD
  PyThread_type_lock lock;
  PyThreadState *saved;
  int several;
  long steps;
} Search;

static void detach(Search *self) {
  if (self->several && !self->saved)
    self->saved = PyEval_SaveThread();
}
static void attach(Search *self) {
  if (self->several && self->saved) {
    PyEval_RestoreThread(self->saved);
    self->saved = NULL;
  }
}
static PyObject *search_step(Search *self, PyObject *callable) {
  if (self->lock && !PyThread_acquire_lock(self->lock, 0)) {
    detach(self);
    PyThread_acquire_lock(self->lock, 1);
    attach(self);
  }
  PyObject *result = PyObject_CallNoArgs(callable);
  if (self->lock)
    PyThread_release_lock(self->lock);
  return result;
}
static PyMethodDef search_methods[] = {{"step", (PyCFunction)search_step, METH_O, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Search_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Search",
    .tp_basicsize = sizeof(Search),
    .tp_methods = search_methods,
};
