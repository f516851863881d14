// RUN: %check_tidy %s cpython-refs-container-check-then-act %t -python=3.13 -fix-min-python=3.13 -fix-notes

// The value that came first is the one that everybody goes on with.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *cache;
} Thing;

static PyObject *lazily(Thing *self, PyObject *key) {
  PyObject *value;
  if (PyDict_GetItemRef(self->cache, key, &value) != 0)
    return value;
  value = PyObject_Str(key);
  if (value == NULL)
    return NULL;
  if (PyDict_SetItem(self->cache, key, value) < 0) {
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_GetItemRef' found
    // CHECK-FIXES: PyObject *winner;
    // CHECK-FIXES: int stored = PyDict_SetDefaultRef(self->cache, key, value, &winner);
    // CHECK-FIXES: if (stored >= 0) {
    // CHECK-FIXES:   Py_DECREF(value);
    // CHECK-FIXES:   value = winner;
    // CHECK-FIXES: }
    // CHECK-FIXES: if (stored < 0) {
    Py_DECREF(value);
    return NULL;
  }
  return value;
}

// The new call says 1 of a key that has come in between: no error.
static PyObject *at_once(Thing *self, PyObject *key) {
  PyObject *value;
  int found = PyDict_GetItemRef(self->cache, key, &value);
  if (found == 0) {
    value = PyList_New(0);
    if (value && PyDict_SetItem(self->cache, key, value)) {
      // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_GetItemRef' found
      // CHECK-FIXES:     int stored = 0;
      // CHECK-FIXES:     if (value) {
      // CHECK-FIXES:       PyObject *winner;
      // CHECK-FIXES:       stored = PyDict_SetDefaultRef(self->cache, key, value, &winner);
      // CHECK-FIXES:       if (stored >= 0) {
      // CHECK-FIXES:         Py_DECREF(value);
      // CHECK-FIXES:         value = winner;
      // CHECK-FIXES:       }
      // CHECK-FIXES:     }
      // CHECK-FIXES:     if (value && stored < 0) {
      Py_CLEAR(value);
    }
  }
  return value;
}

// The function does not own it, or has it twice.
static PyObject *borrowed(Thing *self, PyObject *key) {
  PyObject *value = PyDict_GetItemWithError(self->cache, key);
  if (value != NULL)
    return Py_NewRef(value);
  if (PyDict_SetItem(self->cache, key, key) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_GetItemWithError' found
    return NULL;
  return Py_NewRef(key);
}

static PyObject *copied(Thing *self, PyObject *key) {
  PyObject *value, *made;
  if (PyDict_GetItemRef(self->cache, key, &value) != 0)
    return value;
  made = PyObject_Str(key);
  value = made;
  if (made == NULL)
    return NULL;
  if (PyDict_SetItem(self->cache, key, made) < 0) {
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_GetItemRef' found
    Py_DECREF(made);
    return NULL;
  }
  return value;
}

static PyMethodDef methods[] = {
    {"lazily", (PyCFunction)lazily, METH_O, NULL},
    {"at_once", (PyCFunction)at_once, METH_O, NULL},
    {"borrowed", (PyCFunction)borrowed, METH_O, NULL},
    {"copied", (PyCFunction)copied, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot slots[] = {{Py_tp_methods, methods}, {0, NULL}};
PyType_Spec spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT, slots};
