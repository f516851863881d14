// RUN: %check_tidy %s cpython-state-self-lazy-init %t -python=3.13,3.15 -suffix=ALL
// RUN: %check_tidy %s cpython-state-self-lazy-init %t -python=3.13,3.15 -option=cpython-state-self-lazy-init.AllowBenignScalarCaches=true

#include <Python.h>

// Both threads compute the same number: the one may still be written while the
// other reads it.
typedef struct {
  PyObject_HEAD
  PyObject *source;
  Py_hash_t hash;
  Py_hash_t atomic;
  Py_hash_t guarded;
  int ready;      // a flag for 'size'
  Py_ssize_t size;
} Obj;

static Py_hash_t obj_hash(Obj *self) {
  if (self->hash == -1)
    // CHECK-MESSAGES-ALL: :[[@LINE-1]]:3: warning: 'hash' of 'Obj' is computed on first use without a lock; two threads in 'obj_hash' can both compute it, and read it while the other writes: a data race, though both get the same number [cpython-state-self-lazy-init]
    self->hash = PyObject_Hash(self->source);
  return self->hash;
}

static PyObject *obj_atomic(Obj *self, PyObject *unused) {
  Py_hash_t hash = __atomic_load_n(&self->atomic, __ATOMIC_RELAXED);
  if (hash == -1) {
    hash = PyObject_Hash(self->source);
    __atomic_store_n(&self->atomic, hash, __ATOMIC_RELAXED);
  }
  return PyLong_FromSsize_t(hash);
}

static PyObject *obj_guarded(Obj *self, PyObject *unused) {
  Py_hash_t hash;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->guarded == -1)
    self->guarded = PyObject_Hash(self->source);
  hash = self->guarded;
  Py_END_CRITICAL_SECTION();
  return PyLong_FromSsize_t(hash);
}

static PyObject *obj_size(Obj *self, PyObject *unused) {
  if (!self->ready) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ready' and 'size' of 'Obj' are computed on first use without a lock; two threads in 'obj_size' can both find 'ready' missing, and see some of them set and others not [cpython-state-self-lazy-init]
    self->size = PyObject_Size(self->source);
    self->ready = 1;
  }
  return PyLong_FromSsize_t(self->size);
}

static PyObject *obj_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self != NULL)
    self->hash = self->atomic = self->guarded = -1;
  return (PyObject *)self;
}

static PyMethodDef obj_methods[] = {
    {"atomic", (PyCFunction)obj_atomic, METH_NOARGS, NULL},
    {"guarded", (PyCFunction)obj_guarded, METH_NOARGS, NULL},
    {"size", (PyCFunction)obj_size, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_hash = (hashfunc)obj_hash,
    .tp_methods = obj_methods,
    .tp_new = obj_new,
};
