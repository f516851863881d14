// RUN: %check_tidy %s cpython-state-memberdef-mixed-access %t -python=3.13,3.15

#include <Python.h>
#include <stddef.h>
#include "structmember.h"

typedef struct {
  PyObject_HEAD
  PyObject *src;
  PyObject *fixed;
  PyObject *guarded;
  int level;
} Obj;

static PyMemberDef obj_members[] = {
    {"src", T_OBJECT_EX, offsetof(Obj, src), 0, NULL},
    {"fixed", T_OBJECT_EX, offsetof(Obj, fixed), READONLY, NULL},
    {"guarded", T_OBJECT_EX, offsetof(Obj, guarded), 0, NULL},
    {"level", T_INT, offsetof(Obj, level), 0, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyObject *obj_run(Obj *self, PyObject *unused) {
  return PyObject_Str(self->src);
// CHECK-MESSAGES: :[[@LINE-1]]:23: warning: 'obj_run' uses 'src' of 'Obj' without a lock while Python code can assign the attribute, which frees the object that is used here [cpython-state-memberdef-mixed-access]
// CHECK-NOTES: :[[@LINE-9]]:5: note: it can be assigned because of this entry, which is not read-only
// CHECK-NOTES: :[[@LINE-4]]:18: note: 'obj_run' is the method 'run' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-18]]:13: note: take a reference under a critical section on the object before using it, or make the member read-only
}
static PyObject *obj_show(Obj *self, PyObject *unused) {
  return PyObject_Str(self->fixed);
}
static PyObject *obj_level(Obj *self, PyObject *unused) {
  return PyLong_FromLong(self->level);
}
static PyObject *obj_guarded(Obj *self, PyObject *unused) {
  PyObject *held, *result;
  Py_BEGIN_CRITICAL_SECTION(self);
  held = Py_XNewRef(self->guarded);
  Py_END_CRITICAL_SECTION();
  if (held == NULL)
    return NULL;
  result = PyObject_Str(held);
  Py_DECREF(held);
  return result;
}
static int obj_traverse(Obj *self, visitproc visit, void *arg) {
  Py_VISIT(self->src);
  return 0;
}
static PyMethodDef obj_methods[] = {
    {"run", (PyCFunction)obj_run, METH_NOARGS, NULL},
    {"show", (PyCFunction)obj_show, METH_NOARGS, NULL},
    {"level", (PyCFunction)obj_level, METH_NOARGS, NULL},
    {"guarded", (PyCFunction)obj_guarded, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_members = obj_members,
    .tp_methods = obj_methods,
    .tp_traverse = (traverseproc)obj_traverse,
};
