// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13,3.15

#include <Python.h>

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
// CHECK-NOTES: :[[@LINE+9]]:18: note: 'inner_add' is the method 'inner_add' of 'demo.Inner': any number of threads can be in it
// CHECK-NOTES: :[[@LINE+9]]:3: note: 'inner_add' comes to 'set_number' without a lock
// CHECK-NOTES: :[[@LINE+12]]:3: note: 'add_inner' comes to 'set_number' without a lock
// CHECK-NOTES: :[[@LINE-12]]:7: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it

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
static PyMethodDef inner_methods[] = {METHOD(inner_add), {NULL, NULL, 0, NULL}};
static PyMethodDef outer_methods[] = {METHOD(outer_add), {NULL, NULL, 0, NULL}};
PyTypeObject Inner_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Inner", .tp_methods = inner_methods};
PyTypeObject Outer_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Outer", .tp_methods = outer_methods};
