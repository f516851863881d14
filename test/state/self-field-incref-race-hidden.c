// With the GIL the lock is a function that does nothing: the other build is the one to judge.
// RUN: %check_tidy %s cpython-state-self-field-incref-race,cpython-state-half-locked-field %t -python=3.13,3.15

#include <Python.h>
#if !defined(Py_GIL_DISABLED)
#define USE_GIL_ONLY
#elif defined(_WIN32)
#define USE_WINDOWS_LOCKS
#else
#define USE_PTHREAD_LOCKS
#include <pthread.h>
#endif
#ifdef USE_PTHREAD_LOCKS
typedef pthread_rwlock_t my_lock;
#else
typedef struct {
  char dummy;
} my_lock;
#endif
typedef struct {
  PyObject_HEAD my_lock lock;
  PyObject *o;
} Obj;
static int acquire(Obj *s) {
#ifdef USE_PTHREAD_LOCKS
  return pthread_rwlock_wrlock(&s->lock);
#else
  (void)s;
  return 0;
#endif
}
static void release(Obj *s) {
#ifdef USE_PTHREAD_LOCKS
  pthread_rwlock_unlock(&s->lock);
#else
  (void)s;
#endif
}
static PyObject *set(Obj *self, PyObject *v) {
  if (acquire(self))
    return NULL;
  Py_XSETREF(self->o, Py_NewRef(v));
  release(self);
  Py_RETURN_NONE;
}
static PyObject *get(Obj *self, PyObject *v) {
  PyObject *r;
  if (acquire(self))
    return NULL;
  r = Py_XNewRef(self->o);
  release(self);
  return r;
}
static PyMethodDef m[] = {{"set", (PyCFunction)set, METH_O, NULL},
                          {"get", (PyCFunction)get, METH_NOARGS, NULL},
                          {NULL, NULL, 0, NULL}};
PyTypeObject T = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "d.O", .tp_basicsize = sizeof(Obj),
                  .tp_methods = m};
