// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13,3.15

#include <Python.h>
#include <pthread.h>

// A lock that only some objects have is not needed where there is none.
typedef struct {
  PyObject_HEAD
  PyThread_type_lock lock;
  int count;
  int open;
} Optional;

static PyObject *optional_add(Optional *self, PyObject *unused) {
  if (self->lock)
    PyThread_acquire_lock(self->lock, WAIT_LOCK);
  self->count++;
  if (self->lock)
    PyThread_release_lock(self->lock);
  self->open++; // Not under it: cpython-state-half-locked-field says so.
  Py_RETURN_NONE;
}
static PyObject *optional_get(Optional *self, PyObject *unused) {
  int count;
  if (self->lock != NULL && self->count >= 0) {
    PyThread_acquire_lock(self->lock, WAIT_LOCK);
  }
  count = self->open;
  if (self->lock)
    PyThread_release_lock(self->lock);
  return PyLong_FromLong(count);
}

// What a helper does with the address of a field.
typedef struct {
  PyObject_HEAD
  char *data;
  size_t size;
  char *fixed;
} Growing;

static int grow(char **data, size_t *size) {
  char *more = (char *)PyMem_Realloc(*data, *size + 64);
  if (more == NULL)
    return -1;
  *data = more;
  *size += 64;
  return 0;
}
static char first(char **data) { return **data; }

static PyObject *growing_grow(Growing *self, PyObject *unused) {
  if (grow(&self->data, &self->size) < 0)
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'growing_grow' changes 'data' of 'Growing' without a lock while 'growing_get' can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-MESSAGES: :[[@LINE-2]]:26: warning: 'growing_grow' changes 'size' of 'Growing' without a lock while 'growing_get' can be reading it [cpython-state-self-unguarded-rmw]
    return PyErr_NoMemory();
  Py_RETURN_NONE;
}
static PyObject *growing_get(Growing *self, PyObject *unused) {
  if (first(&self->fixed))
    return PyBytes_FromString(self->fixed);
  return PyBytes_FromStringAndSize(self->data, (Py_ssize_t)self->size);
}

#define METHOD(Name) {#Name, (PyCFunction)Name, METH_NOARGS, NULL}
static PyMethodDef optional_methods[] = {METHOD(optional_add), METHOD(optional_get), {NULL, NULL, 0, NULL}};
static PyMethodDef growing_methods[] = {METHOD(growing_grow), METHOD(growing_get), {NULL, NULL, 0, NULL}};
PyTypeObject Optional_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Optional", .tp_methods = optional_methods};
PyTypeObject Growing_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Growing", .tp_methods = growing_methods};
