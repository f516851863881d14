// RUN: %check_tidy %s cpython-refs-weak-pointer-cache %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_HEAD
  int id;
} Thing;

static PyObject *slot;   // Not owned: the object takes itself out.
static PyObject *owned;  // Owned.
static PyObject *weak;   // A weak reference, owned.

static void dealloc(PyObject *self) {
  if (slot == self)
    slot = NULL;
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyObject *self = type->tp_alloc(type, 0);
  if (self != NULL)
    slot = self;
  return self;
}

static PyObject *current(PyObject *m, PyObject *ignored) {
  return slot ? Py_NewRef(slot) : Py_NewRef(Py_None);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'current' takes a reference to the object in 'slot', which may be dying: 'slot' does not own it [cpython-refs-weak-pointer-cache]
  // CHECK-NOTES: :[[@LINE-16]]:5: note: 'dealloc' takes the object out only when its last reference is gone
  // CHECK-NOTES: :[[@LINE-8]]:5: note: it is put in without a reference of its own here
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *keep(PyObject *m, PyObject *arg) {
  Py_XSETREF(owned, Py_NewRef(arg));
  Py_RETURN_NONE;
}
static PyObject *kept(PyObject *m, PyObject *ignored) {
  return Py_XNewRef(owned);
}
static PyObject *remember(PyObject *m, PyObject *arg) {
  Py_XSETREF(weak, PyWeakref_NewRef(arg, NULL));
  Py_RETURN_NONE;
}

static PyType_Slot thing_slots[] = {{Py_tp_new, (void *)make},
                                    {Py_tp_dealloc, (void *)dealloc},
                                    {0, NULL}};
PyType_Spec thing_spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT,
                          thing_slots};
PyMethodDef methods[] = {{"current", current, METH_NOARGS, NULL},
                         {"keep", keep, METH_O, NULL},
                         {"kept", kept, METH_NOARGS, NULL},
                         {"remember", remember, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};
