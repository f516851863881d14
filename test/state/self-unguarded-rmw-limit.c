// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13

// A helper that is reached under more locks than are told apart: what is not
// analysed is said.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count, other;
} Obj;

#define EACH(X)                                                                \
  X(a) X(b) X(c) X(d) X(e) X(f) X(g) X(h) X(i) X(j) X(k) X(l) X(m) X(n) X(o)   \
  X(p) X(q) X(r) X(s) X(t)
#define MUTEX(name) static PyMutex mutex_##name;
#define METHOD(name)                                                           \
  static PyObject *obj_##name(Obj *self, PyObject *unused) {                   \
    PyMutex_Lock(&mutex_##name);                                               \
    step(self);                                                                \
    PyMutex_Unlock(&mutex_##name);                                             \
    Py_RETURN_NONE;                                                            \
  }
#define ROW(name) {#name, (PyCFunction)obj_##name, METH_NOARGS, NULL},

EACH(MUTEX)

static void step(Obj *self) {
// CHECK-MESSAGES: :[[@LINE-1]]:13: remark: not all uses of fields of objects in 'step' were analysed: it is reached in too many ways [cpython-state-self-unguarded-rmw]
  self->count++;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'step' changes 'count' of 'Obj' under a lock that others do not take while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
}

static void few(Obj *self) { self->other = 1; }
static PyObject *obj_few(Obj *self, PyObject *unused) {
  few(self);
  Py_RETURN_NONE;
}

EACH(METHOD)

static PyMethodDef obj_methods[] = {
    EACH(ROW) {"few", (PyCFunction)obj_few, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
