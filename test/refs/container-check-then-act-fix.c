// RUN: %check_tidy %s cpython-refs-container-check-then-act %t -python=3.13,3.15 -fix-min-python=3.13

// The second call is done so that it does not matter what has happened since.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *cache;
} Thing;

static PyObject *forget(Thing *self, PyObject *key) {
  int found = PyDict_Contains(self->cache, key);
  if (found < 0)
    return NULL;
  if (found && PyDict_DelItem(self->cache, key) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'PyDict_DelItem' on 'self->cache' relies on what 'PyDict_Contains' found
    // CHECK-FIXES: if (found && PyDict_Pop(self->cache, key, NULL) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *remember(Thing *self, PyObject *key) {
  if (!PyDict_Contains(self->cache, key))
    if (PyDict_SetItem(self->cache, key, key) == -1)
      // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_Contains' found
      // CHECK-FIXES: if (PyDict_SetDefaultRef(self->cache, key, key, NULL) == -1)
      return NULL;
  Py_RETURN_NONE;
}

static PyObject *drop(Thing *self, PyObject *ignored) {
  if (PyDict_ContainsString(self->cache, "last") == 1)
    PyDict_DelItemString(self->cache, "last");
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'PyDict_DelItemString' on 'self->cache' relies on what 'PyDict_ContainsString' found
  // CHECK-FIXES: PyDict_PopString(self->cache, "last", NULL);
  Py_RETURN_NONE;
}

// The value says more with the other call, so nothing is replaced.
static PyObject *report(Thing *self, PyObject *key) {
  if (PyDict_Contains(self->cache, key) == 1)
    return PyLong_FromLong(PyDict_DelItem(self->cache, key));
  // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'PyDict_DelItem' on 'self->cache' relies on what 'PyDict_Contains' found
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"forget", (PyCFunction)forget, METH_O, NULL},
    {"remember", (PyCFunction)remember, METH_O, NULL},
    {"drop", (PyCFunction)drop, METH_NOARGS, NULL},
    {"report", (PyCFunction)report, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot slots[] = {{Py_tp_methods, methods}, {0, NULL}};
PyType_Spec spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT, slots};
