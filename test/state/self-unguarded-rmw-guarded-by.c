// Fields and variables of which Clang's thread-safety analysis takes care.
// RUN: %check_tidy %s cpython-state-self-unguarded-rmw,cpython-state-unguarded-global-write %t -python=3.13 -config=ft

#include <Python.h>

typedef struct __attribute__((capability("mutex"))) {
  PyMutex mutex;
} Lock;

static Lock table_lock;
static int table[8] __attribute__((guarded_by(table_lock)));
static int plain[8];
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'plain' is a buffer that all threads share

typedef struct {
  PyObject_HEAD
  Lock lock;
  int count __attribute__((guarded_by(lock)));
  int other;
} Obj;

static PyObject *obj_add(Obj *self, PyObject *unused) {
  self->count++;
  self->other++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_add' changes 'other' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  table[1]++;
  plain[1]++;
  Py_RETURN_NONE;
}

static PyMethodDef obj_methods[] = {{"add", (PyCFunction)obj_add, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
