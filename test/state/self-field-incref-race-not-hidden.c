// What exists without the GIL only, but is no lock, hides none.
// RUN: %check_tidy %s cpython-state-self-field-incref-race %t -python=3.13,3.15 -no-fix

#include <Python.h>

#ifdef Py_GIL_DISABLED
#define THREADS 1
#else
#define THREADS 0
#endif
typedef struct {
  PyObject_HEAD
  PyObject *o;
} Obj;
static PyObject *set(Obj *self, PyObject *v) {
  Py_XSETREF(self->o, Py_NewRef(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'set' replaces 'o' of 'Obj' without a lock while 'get' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  return PyBool_FromLong(THREADS);
}
static PyObject *get(Obj *self, PyObject *unused) { return Py_XNewRef(self->o); }
static PyMethodDef methods[] = {{"set", (PyCFunction)set, METH_O, NULL}, {"get", (PyCFunction)get, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj", .tp_basicsize = sizeof(Obj), .tp_methods = methods};
