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
  self->open++;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'optional_add' changes 'open' of 'Optional' without a lock while 'optional_get' can be reading it [cpython-state-self-unguarded-rmw]
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

// An object behind a field: the lock belongs where it is taken out, and whoever
// calls an entry point needs none.
typedef struct {
  PyObject_HEAD
  int number;
} Inner;
typedef struct {
  PyObject_HEAD
  Inner *inner;
} Outer;

static void set_number(Inner *inner, int number) { inner->number += number; }
// CHECK-MESSAGES: :[[@LINE-1]]:52: warning: 'set_number' changes 'number' of 'Inner' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+9]]:3: note: 'inner_add' comes to 'set_number' without a lock
// CHECK-NOTES: :[[@LINE+12]]:3: note: 'add_inner' comes to 'set_number' without a lock
// CHECK-NOTES: :[[@LINE-15]]:7: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it

static PyObject *inner_get(Inner *self, PyObject *unused) {
  (void)unused;
  Py_RETURN_NONE;
}
static PyObject *inner_add(Inner *self, PyObject *unused) {
  set_number(self, 1);
  return inner_get(self, unused);
}
static void add_inner(Outer *self) {
  set_number(self->inner, 2);
}
static PyObject *outer_add(Outer *self, PyObject *unused) {
  add_inner(self);
  return inner_add(self->inner, unused);
}

#define METHOD(Name) {#Name, (PyCFunction)Name, METH_NOARGS, NULL}
static PyMethodDef optional_methods[] = {METHOD(optional_add), METHOD(optional_get), {NULL, NULL, 0, NULL}};
static PyMethodDef growing_methods[] = {METHOD(growing_grow), METHOD(growing_get), {NULL, NULL, 0, NULL}};
static PyMethodDef inner_methods[] = {METHOD(inner_add), {NULL, NULL, 0, NULL}};
static PyMethodDef outer_methods[] = {METHOD(outer_add), {NULL, NULL, 0, NULL}};
PyTypeObject Optional_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Optional", .tp_methods = optional_methods};
PyTypeObject Growing_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Growing", .tp_methods = growing_methods};
PyTypeObject Inner_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Inner", .tp_methods = inner_methods};
PyTypeObject Outer_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Outer", .tp_methods = outer_methods};
