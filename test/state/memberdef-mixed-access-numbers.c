// RUN: %check_tidy %s cpython-state-memberdef-mixed-access,cpython-state-self-unguarded-rmw %t -python=3.13,3.15

#include <Python.h>
#include <stddef.h>
#include "structmember.h"

// Python code reads members without the lock of the C code that writes them.
typedef struct {
  PyObject_HEAD
  long lines;    // written under a lock
  long mode;     // written, and only Python reads it
  long atomic;
  long fixed;    // written by __new__()
  long hidden;   // not exposed
  long counted;  // the readers in C race, too
} Obj;

static PyMemberDef obj_members[] = {
    {"lines", T_LONG, offsetof(Obj, lines), READONLY, NULL},
    {"mode", T_LONG, offsetof(Obj, mode), READONLY, NULL},
    {"atomic", T_LONG, offsetof(Obj, atomic), READONLY, NULL},
    {"fixed", T_LONG, offsetof(Obj, fixed), READONLY, NULL},
    {"counted", T_LONG, offsetof(Obj, counted), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyObject *obj_next(Obj *self, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->lines++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_next' changes 'lines' of 'Obj' under a lock while Python code can be reading the attribute, which does not take it [cpython-state-memberdef-mixed-access]
  self->hidden++;
  Py_END_CRITICAL_SECTION();
  __atomic_store_n(&self->atomic, 1, __ATOMIC_RELAXED);
  Py_RETURN_NONE;
}

static PyObject *obj_flush(Obj *self, PyObject *unused) {
  self->mode = 2;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_flush' changes 'mode' of 'Obj' without a lock while Python code can be reading the attribute, which does not take it [cpython-state-memberdef-mixed-access]
  Py_RETURN_NONE;
}

static PyObject *obj_count(Obj *self, PyObject *unused) {
  self->counted++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_count' changes 'counted' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}

static PyObject *obj_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self != NULL)
    self->fixed = 1;
  return (PyObject *)self;
}

static PyMethodDef obj_methods[] = {
    {"next", (PyCFunction)obj_next, METH_NOARGS, NULL},
    {"flush", (PyCFunction)obj_flush, METH_NOARGS, NULL},
    {"count", (PyCFunction)obj_count, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_members = obj_members,
    .tp_methods = obj_methods,
    .tp_new = obj_new,
};
