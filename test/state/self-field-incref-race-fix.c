// RUN: %check_tidy %s cpython-state-self-field-incref-race %t -python=3.13,3.15

#include <Python.h>

// What is one statement long is locked by itself.
typedef struct {
  PyObject_HEAD
  PyObject *src;
} Simple;

static PyObject *simple_get(Simple *self, void *closure) {
  return Py_NewRef(self->src);
}

static int simple_set(Simple *self, PyObject *value, void *closure) {
  Py_XSETREF(self->src, Py_XNewRef(value));
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'simple_set' replaces 'src' of 'Simple' without a lock while 'simple_get' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  return 0;
}

static PyObject *simple_swap(PyObject *op, PyObject *value) {
  Simple *self = (Simple *)op;
  PyObject *old = self->src;
  self->src = Py_NewRef(value);
  return old;
}

// The old object's code ran before the field had its new value.
static PyObject *simple_reset(Simple *self, PyObject *unused) {
  Py_XDECREF(self->src);
  self->src = Py_None;
  Py_INCREF(self->src);
  Py_RETURN_NONE;
}

static PyGetSetDef simple_getset[] = {
    {"src", (getter)simple_get, (setter)simple_set, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef simple_methods[] = {
    {"swap", simple_swap, METH_O, NULL},
    {"reset", (PyCFunction)simple_reset, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Simple_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Simple",
    .tp_basicsize = sizeof(Simple),
    .tp_methods = simple_methods,
    .tp_getset = simple_getset,
};

// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = Py_NewRef(self->src);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: PyObject *old;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(op);
// CHECK-FIXES: #endif
// CHECK-FIXES: old = self->src;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: Py_XSETREF(self->src, Py_None);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
