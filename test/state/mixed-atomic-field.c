// RUN: %check_tidy %s cpython-state-mixed-atomic-field %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_HEAD
  int mixed;
  int always;
} Obj;

static PyObject *obj_bump(Obj *self, PyObject *unused) {
  __atomic_fetch_add(&self->mixed, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&self->always, 1, __ATOMIC_RELAXED);
  Py_RETURN_NONE;
}
static PyObject *obj_get(Obj *self, void *closure) {
  return PyLong_FromLong(self->mixed);
// CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'obj_get' reads 'mixed' of 'Obj' with a plain access, while 'obj_bump' can be at the atomic write of it [cpython-state-mixed-atomic-field]
// CHECK-NOTES: :[[@LINE-7]]:23: note: 'obj_bump' changes 'mixed' here with an atomic operation
// CHECK-NOTES: :[[@LINE-4]]:18: note: 'obj_get' is the getter 'mixed' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-14]]:7: note: use atomic operations everywhere, or one lock
}
static PyObject *obj_always(Obj *self, void *closure) {
  return PyLong_FromLong(__atomic_load_n(&self->always, __ATOMIC_RELAXED));
}
static PyObject *obj_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self != NULL)
    self->always = 1;
  return (PyObject *)self;
}
static PyMethodDef obj_methods[] = {{"bump", (PyCFunction)obj_bump, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
static PyGetSetDef obj_getset[] = {{"mixed", (getter)obj_get, NULL, NULL, NULL},
                                   {"always", (getter)obj_always, NULL, NULL, NULL},
                                   {NULL, NULL, NULL, NULL, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
    .tp_getset = obj_getset,
    .tp_new = obj_new,
};
