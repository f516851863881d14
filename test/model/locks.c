// The locks held at each access, in both builds, from the same source.
// RUN: %pyext_tidy --dump-model %s -- %python-3.13 > %t.gil
// RUN: %pyext_tidy --dump-model %s -- %python-3.13 -DPy_GIL_DISABLED=1 > %t.ft
// RUN: %pyext_tidy --dump-model %s -- %python-3.15 -DPy_GIL_DISABLED=1 > %t.ft15
// RUN: %python %S/accesses.py %t.gil | FileCheck %s
// RUN: %python %S/accesses.py %t.ft | FileCheck %s
// RUN: %python %S/accesses.py %t.ft15 | FileCheck %s
#include <Python.h>
#include <pthread.h>

typedef struct {
  PyObject_HEAD
  int direct, wrapped, compiled_out, by_caller, unlocked;
  PyMutex mutex;
  int own_mutex;
} Obj;

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int always, sometimes, tried, after, conventional;

#define ENTER(op) Py_BEGIN_CRITICAL_SECTION(op)
#define LEAVE() Py_END_CRITICAL_SECTION()

#ifdef Py_GIL_DISABLED
#define LOCK_OBJ(op) PyMutex_Lock(&(op)->mutex)
#define UNLOCK_OBJ(op) PyMutex_Unlock(&(op)->mutex)
#else
#define LOCK_OBJ(op)
#define UNLOCK_OBJ(op)
#endif

static void helper(Obj *o) { o->by_caller++; }

static PyObject *method(PyObject *op, PyObject *ignored) {
  Obj *self = (Obj *)op;
  Py_BEGIN_CRITICAL_SECTION(self);
  self->direct = 1;
  helper(self);
  Py_END_CRITICAL_SECTION();
  ENTER((PyObject *)op);
  self->wrapped = 1;
  LEAVE();
  LOCK_OBJ(self);
  self->compiled_out = 1;
  UNLOCK_OBJ(self);
  self->unlocked = 1;
  PyMutex_Lock(&self->mutex);
  self->own_mutex = 1;
  PyMutex_Unlock(&self->mutex);
  Py_RETURN_NONE;
}

static PyObject *second(PyObject *op, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(op);
  helper((Obj *)op);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static void set_conventional_lock_held(void) { conventional = 1; }

static PyObject *paths(PyObject *op, PyObject *flag) {
  pthread_mutex_lock(&guard);
  always = 1;
  if (flag == Py_None)
    pthread_mutex_unlock(&guard);
  sometimes = 1;
  if (flag != Py_None)
    pthread_mutex_unlock(&guard);
  after = 1;
  if (pthread_mutex_trylock(&guard) == 0) {
    tried = 1;
    pthread_mutex_unlock(&guard);
  }
  set_conventional_lock_held();
  Py_RETURN_NONE;
}

static PyMethodDef obj_methods[] = {{"method", method, METH_NOARGS, NULL},
                                    {"second", second, METH_NOARGS, NULL},
                                    {"paths", paths, METH_O, NULL},
                                    {NULL, NULL, 0, NULL}};
static PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "locks.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
PyTypeObject *obj_type(void) { return &Obj_Type; }

// CHECK: Obj.direct write method [critical-section op]
// CHECK: Obj.wrapped write method [critical-section op]
// CHECK: Obj.compiled_out write method [PyMutex op->mutex]
// CHECK: Obj.by_caller read-write helper [critical-section o]
// CHECK: Obj.unlocked write method []
// CHECK: Obj.own_mutex write method [PyMutex op->mutex]
// CHECK: always write paths [mutex guard]
// CHECK: sometimes write paths []
// CHECK: tried write paths [mutex guard]
// CHECK: after write paths []
// CHECK: conventional write set_conventional_lock_held [critical-section *]
