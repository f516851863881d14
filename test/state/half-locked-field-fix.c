// RUN: %check_tidy %s cpython-state-half-locked-field %t -python=3.13,3.15 -fix-notes

#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t size;
  Py_ssize_t used; // under the mutex
  PyMutex mutex;
} Obj;

static PyObject *obj_push(Obj *self, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->size++;
  Py_END_CRITICAL_SECTION();
  PyMutex_Lock(&self->mutex);
  self->used++;
  PyMutex_Unlock(&self->mutex);
  Py_RETURN_NONE;
}

static Py_ssize_t obj_length(PyObject *op) {
  return ((Obj *)op)->size;
// CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'obj_length' reads 'size' of 'Obj' without the lock that 'obj_push' holds where it changes it [cpython-state-half-locked-field]
}

// A critical section is another lock.
static int obj_bool(Obj *self) {
  return self->used != 0;
// CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'obj_bool' reads 'used' of 'Obj' without the lock that 'obj_push' holds where it changes it [cpython-state-half-locked-field]
}

static PyMethodDef obj_methods[] = {
    {"push", (PyCFunction)obj_push, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PySequenceMethods obj_sequence = {.sq_length = obj_length};
static PyNumberMethods obj_number = {.nb_bool = (inquiry)obj_bool};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
    .tp_as_sequence = &obj_sequence,
    .tp_as_number = &obj_number,
};

// CHECK-FIXES: Py_ssize_t result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(op);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = ((Obj *)op)->size;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
