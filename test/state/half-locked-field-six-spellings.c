// Locks and new objects in as many spellings: all of it is silent.
// RUN: %check_tidy %s cpython-state-self-lazy-init,cpython-state-self-unguarded-rmw,cpython-state-self-field-incref-race,cpython-state-half-locked-field,cpython-state-iternext-unsynchronised,cpython-state-buffer-export-counter,cpython-state-self-state-in-allow-threads,cpython-state-init-reentrant,cpython-state-global-pyobject,cpython-state-static-lazy-init,cpython-state-unguarded-global-write,cpython-state-static-buffer-return,cpython-state-shared-native-handle,cpython-state-thread-unsafe-libc,cpython-state-type-mutation-after-ready %t -python=3.13 -no-fix

#include <Python.h>
#include <stdlib.h>
#include <pthread.h>
PyObject *make(void);
typedef struct {
  PyObject_HEAD PyObject *o;
  Py_ssize_t n;
  char *b;
  PyMutex mutex;
  pthread_mutex_t pm;
  PyThread_type_lock tl;
  struct {
    PyMutex m;
    long total;
  } in;
} Obj;
extern PyTypeObject Obj_Type;
#define ENTER(o) Py_BEGIN_CRITICAL_SECTION(o) {
#define LEAVE()                                                                                    \
  }                                                                                                \
  Py_END_CRITICAL_SECTION()
#define WITH_LOCK(o, body)                                                                         \
  do {                                                                                             \
    PyMutex_Lock(&(o)->mutex);                                                                     \
    body;                                                                                          \
    PyMutex_Unlock(&(o)->mutex);                                                                   \
  } while (0)
static void lock(Obj *self) { PyMutex_Lock(&self->mutex); }
static void unlock(Obj *self) { PyMutex_Unlock(&self->mutex); }
// 1 goto cleanup
static PyObject *m1(Obj *self, PyObject *v) {
  PyObject *r = NULL;
  PyMutex_Lock(&self->mutex);
  if (self->n > 9)
    goto done;
  self->n++;
  if (!self->o)
    self->o = make();
  r = Py_XNewRef(self->o);
done:
  PyMutex_Unlock(&self->mutex);
  return r;
}
// 2 helper functions
static PyObject *m2(Obj *self, PyObject *v) {
  lock(self);
  self->n--;
  Py_XSETREF(self->o, Py_NewRef(v));
  unlock(self);
  Py_RETURN_NONE;
}
// 3 macro with a body
static PyObject *m3(Obj *self, PyObject *v) {
  WITH_LOCK(self, self->n += 2);
  Py_RETURN_NONE;
}
// 4 early unlock on error
static PyObject *m4(Obj *self, PyObject *v) {
  PyMutex_Lock(&self->mutex);
  if (self->n < 0) {
    PyMutex_Unlock(&self->mutex);
    return NULL;
  }
  self->n = 0;
  PyMutex_Unlock(&self->mutex);
  Py_RETURN_NONE;
}
// 5 loop
static PyObject *m5(Obj *self, PyObject *v) {
  for (int i = 0; i < 3; i++) {
    PyMutex_Lock(&self->mutex);
    self->n++;
    PyMutex_Unlock(&self->mutex);
  }
  Py_RETURN_NONE;
}
// 6 callers hold it
static void grow(Obj *self) { self->b = realloc(self->b, (size_t)++self->n); }
static PyObject *m6(Obj *self, PyObject *v) {
  lock(self);
  grow(self);
  unlock(self);
  Py_RETURN_NONE;
}
static PyObject *m7(Obj *self, PyObject *v) {
  PyMutex_Lock(&self->mutex);
  if (v) {
    grow(self);
  }
  PyMutex_Unlock(&self->mutex);
  Py_RETURN_NONE;
}
// new objects, in six ways
static void setup(Obj *o, PyObject *v) {
  o->n++;
  Py_XSETREF(o->o, Py_NewRef(v));
}
static PyObject *n1(Obj *self, PyObject *v) {
  Obj *o = PyObject_New(Obj, &Obj_Type);
  if (o)
    setup(o, v);
  return (PyObject *)o;
}
static Obj *alloc(void) {
  Obj *o = (Obj *)Obj_Type.tp_alloc(&Obj_Type, 0);
  if (o)
    o->n = 1;
  return o;
}
static PyObject *n2(Obj *self, PyObject *v) {
  Obj *o = alloc();
  if (!o)
    return NULL;
  o->n += 1;
  o->o = Py_NewRef(v);
  return (PyObject *)o;
}
static int make_one(Obj **out) {
  *out = PyObject_New(Obj, &Obj_Type);
  if (!*out)
    return -1;
  (*out)->n = 0;
  return 0;
}
static PyObject *n3(Obj *self, PyObject *v) {
  Obj *o;
  if (make_one(&o) < 0)
    return NULL;
  o->n++;
  return (PyObject *)o;
}
static PyObject *n4(Obj *self, PyObject *v) {
  PyObject *op = Py_TYPE(self)->tp_alloc(Py_TYPE(self), 0);
  if (!op)
    return NULL;
  ((Obj *)op)->n++;
  return op;
}
static PyObject *n5(Obj *self, PyObject *v) {
  Obj *o = PyObject_GC_New(Obj, &Obj_Type), *p = o;
  if (!o)
    return NULL;
  p->n += 5;
  return (PyObject *)p;
}
static PyObject *n6(Obj *self, PyObject *v) {
  Obj *o = (Obj *)PyObject_CallNoArgs((PyObject *)&Obj_Type);
  if (!o)
    return NULL;
  o->n++;
  return (PyObject *)o;
}
// another object than self, under its own lock
static PyObject *merge(Obj *self, PyObject *v) {
  Obj *other = (Obj *)v;
  Py_ssize_t n;
  if (other == self)
    Py_RETURN_NONE;
  PyMutex_Lock(&other->mutex);
  n = other->n;
  PyMutex_Unlock(&other->mutex);
  PyMutex_Lock(&self->mutex);
  self->n += n;
  PyMutex_Unlock(&self->mutex);
  Py_RETURN_NONE;
}
static PyObject *merge2(Obj *self, PyObject *v) {
  Obj *other = (Obj *)v;
  if (other == self) {
    PyMutex_Lock(&self->mutex);
    other->n *= 2;
    PyMutex_Unlock(&self->mutex);
    Py_RETURN_NONE;
  }
  Py_RETURN_NONE;
}
static void obj_dealloc(Obj *self) {
  Py_CLEAR(self->o);
  self->n--;
  free(self->b);
  Py_TYPE(self)->tp_free(self);
}
static PyObject *in1(Obj *self, PyObject *v) {
  PyMutex_Lock(&self->in.m);
  self->in.total++;
  PyMutex_Unlock(&self->in.m);
  Py_RETURN_NONE;
}
static PyObject *in2(Obj *self, PyObject *v) {
  long t;
  PyMutex *m = &self->in.m;
  PyMutex_Lock(m);
  t = self->in.total;
  PyMutex_Unlock(m);
  return PyLong_FromLong(t);
}
#define M(n) {#n, (PyCFunction)n, METH_O, NULL}
static PyMethodDef methods[] = {M(m1), M(m2),    M(m3),     M(m4),  M(m5),  M(m6),
                                M(m7), M(n1),    M(n2),     M(n3),  M(n4),  M(n5),
                                M(n6), M(merge), M(merge2), M(in1), M(in2), {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
                         .tp_basicsize = sizeof(Obj), .tp_methods = methods,
                         .tp_dealloc = (destructor)obj_dealloc};
// module state and globals
typedef struct {
  PyObject *cache;
  long hits;
  PyMutex mutex;
} State;
static PyMutex gm;
static long gtotal;
static PyObject *gcache;
static State *st(PyObject *m) { return PyModule_GetState(m); }
static PyObject *f1(PyObject *m, PyObject *v) {
  State *s = st(m);
  PyMutex_Lock(&s->mutex);
  s->hits++;
  PyMutex_Unlock(&s->mutex);
  Py_RETURN_NONE;
}
static PyObject *f2(PyObject *m, PyObject *v) {
  PyMutex_Lock(&st(m)->mutex);
  st(m)->hits--;
  PyMutex_Unlock(&st(m)->mutex);
  Py_RETURN_NONE;
}
static PyObject *f3(PyObject *m, PyObject *v) {
  PyMutex_Lock(&gm);
  gtotal++;
  st(m)->cache = NULL;
  PyMutex_Unlock(&gm);
  Py_RETURN_NONE;
}
static PyObject *f4(PyObject *m, PyObject *v) {
  PyMutex_Lock(&gm);
  if (!st(m)->cache)
    st(m)->cache = make();
  PyObject *r = Py_XNewRef(st(m)->cache);
  PyMutex_Unlock(&gm);
  return r;
}
static PyObject *f5(PyObject *m, PyObject *v) {
  long r;
  PyMutex_Lock(&gm);
  r = gtotal;
  PyMutex_Unlock(&gm);
  return PyLong_FromLong(r);
}
static PyMethodDef fs[] = {M(f1), M(f2), M(f3), M(f4), M(f5), {NULL, NULL, 0, NULL}};
static int ex(PyObject *m) {
  st(m)->hits = 0;
  gtotal = 0;
  return 0;
}
static PyModuleDef_Slot sl[] = {{Py_mod_exec, (void *)ex}, {0, NULL}};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, "demo", NULL, sizeof(State), fs, sl, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&def); }
