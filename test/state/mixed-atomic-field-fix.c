// The fix: the plain accesses become atomic as the others are.
// RUN: %check_tidy %s cpython-state-mixed-atomic-field %t -python=3.13 -fix-notes

#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t length;
  int state;
  int hits;
  int doubled;
} Obj;

static PyObject *obj_length(Obj *self, PyObject *unused) {
  return PyLong_FromSsize_t(_Py_atomic_load_ssize_relaxed(&self->length));
}
static PyObject *obj_append(Obj *self, PyObject *unused) {
  self->length += 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_append' changes 'length' of 'Obj' with a plain access, while 'obj_length' can be at the atomic read of it
  return PyLong_FromSsize_t(self->length);
}

static PyObject *obj_start(Obj *self, PyObject *unused) {
  __atomic_store_n(&self->state, 1, __ATOMIC_RELEASE);
  Py_RETURN_NONE;
}
static PyObject *obj_started(Obj *self, PyObject *unused) {
  if (self->state)
    Py_RETURN_TRUE;
  self->state = 2;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_started' changes 'state' of 'Obj' with a plain access, while 'obj_start' can be at the atomic write of it
  Py_RETURN_FALSE;
}

static PyObject *obj_hit(Obj *self, PyObject *unused) {
  self->hits++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_hit' changes 'hits' of 'Obj' with a plain access, while 'obj_hits' can be at the atomic read of it
  self->hits -= 2 + 3;
  Py_RETURN_NONE;
}
static PyObject *obj_hits(Obj *self, PyObject *unused) {
  return PyLong_FromLong(__atomic_load_n(&self->hits, __ATOMIC_RELAXED));
}

// No one atomic operation does that.
static PyObject *obj_double(Obj *self, PyObject *unused) {
  self->doubled = self->doubled * 2;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_double' changes 'doubled' of 'Obj' with a plain access, while 'obj_doubled' can be at the atomic read of it
  Py_RETURN_NONE;
}
static PyObject *obj_doubled(Obj *self, PyObject *unused) {
  return PyLong_FromLong(__atomic_load_n(&self->doubled, __ATOMIC_RELAXED));
}

static PyMethodDef obj_methods[] = {{"length", (PyCFunction)obj_length, METH_NOARGS, NULL},
                                    {"append", (PyCFunction)obj_append, METH_NOARGS, NULL},
                                    {"start", (PyCFunction)obj_start, METH_NOARGS, NULL},
                                    {"started", (PyCFunction)obj_started, METH_NOARGS, NULL},
                                    {"hit", (PyCFunction)obj_hit, METH_NOARGS, NULL},
                                    {"hits", (PyCFunction)obj_hits, METH_NOARGS, NULL},
                                    {"double", (PyCFunction)obj_double, METH_NOARGS, NULL},
                                    {"doubled", (PyCFunction)obj_doubled, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};

// CHECK-FIXES-NOTES: _Py_atomic_add_ssize(&self->length, 1);
// CHECK-FIXES-NOTES: return PyLong_FromSsize_t(_Py_atomic_load_ssize_relaxed(&self->length));
// CHECK-FIXES-NOTES: if (__atomic_load_n(&self->state, __ATOMIC_ACQUIRE))
// CHECK-FIXES-NOTES: __atomic_store_n(&self->state, 2, __ATOMIC_RELEASE);
// CHECK-FIXES-NOTES: __atomic_fetch_add(&self->hits, 1, __ATOMIC_ACQ_REL);
// CHECK-FIXES-NOTES: __atomic_fetch_add(&self->hits, -(2 + 3), __ATOMIC_ACQ_REL);
