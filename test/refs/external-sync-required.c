// RUN: %check_tidy %s cpython-refs-external-sync-required %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *capsule; // Set again by a method.
  PyObject *handle;  // Set once.
  PyObject *guarded;
  PyMutex lock;
} Thing;

static PyObject *reset(Thing *self, PyObject *ignored) {
  if (PyCapsule_SetPointer(self->capsule, self) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyCapsule_SetPointer' on 'capsule' is not safe while another thread uses the same object [cpython-refs-external-sync-required]
    // CHECK-NOTES: :[[@LINE+5]]:29: note: another thread can call 'PyCapsule_GetPointer' in 'get' meanwhile, with no lock in common
    return NULL;
  Py_RETURN_NONE;
}
static PyObject *get(Thing *self, PyObject *ignored) {
  return PyLong_FromVoidPtr(PyCapsule_GetPointer(self->capsule, NULL));
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *peek(Thing *self, PyObject *ignored) {
  return PyLong_FromVoidPtr(PyCapsule_GetPointer(self->handle, NULL));
}

static PyObject *locked(Thing *self, PyObject *ignored) {
  PyMutex_Lock(&self->lock);
  int failed = PyCapsule_SetContext(self->guarded, self) < 0;
  PyMutex_Unlock(&self->lock);
  return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *own(PyObject *m, PyObject *ignored) {
  PyObject *capsule = PyCapsule_New(&m, NULL, NULL);
  if (capsule != NULL && PyCapsule_SetPointer(capsule, m) < 0)
    Py_CLEAR(capsule);
  return capsule;
}

static PyMethodDef thing_methods[] = {
    {"reset", (PyCFunction)reset, METH_NOARGS, NULL},
    {"get", (PyCFunction)get, METH_NOARGS, NULL},
    {"peek", (PyCFunction)peek, METH_NOARGS, NULL},
    {"locked", (PyCFunction)locked, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot thing_slots[] = {{Py_tp_methods, thing_methods}, {0, NULL}};
PyType_Spec thing_spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT,
                          thing_slots};
PyMethodDef methods[] = {{"own", own, METH_NOARGS, NULL},
                         {NULL, NULL, 0, NULL}};
