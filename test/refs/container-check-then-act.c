// RUN: %check_tidy %s cpython-refs-container-check-then-act %t -python=3.13,3.15

#include <Python.h>

PyObject *make_value(void); // Returns a new reference.

typedef struct {
  PyObject_HEAD
  PyObject *cache;
  PyMutex lock;
} Thing;

static PyObject *get_or_make(Thing *self, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(self->cache, key);
  if (v == NULL && !PyErr_Occurred()) {
    v = make_value();
    if (v && PyDict_SetItem(self->cache, key, v) < 0)
      // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_GetItemWithError' found, and another thread may have changed it since [cpython-refs-container-check-then-act]
      // CHECK-NOTES: :[[@LINE-5]]:17: note: looked up here
      // CHECK-NOTES: :[[@LINE-3]]:14: note: another thread can change 'cache' in 'get_or_make'
      // CHECK-NOTES: :[[@LINE-4]]:14: note: 'PyDict_SetDefaultRef' does both at once
      Py_CLEAR(v);
    return v;
  }
  return Py_XNewRef(v);
}

static PyObject *forget(Thing *self, PyObject *key) {
  int found = PyDict_Contains(self->cache, key);
  if (found <= 0)
    return NULL;
  if (PyDict_DelItem(self->cache, key) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyDict_DelItem' on 'self->cache' relies on what 'PyDict_Contains' found
    // CHECK-NOTES: :[[@LINE-5]]:15: note: looked up here
    // CHECK-NOTES: :[[@LINE-18]]:14: note: another thread can change 'cache' in 'get_or_make'
    // CHECK-NOTES: :[[@LINE-4]]:7: note: 'PyDict_Pop' does both at once
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *found(PyObject *m, PyObject *dict) {
  PyObject *v = NULL;
  return PyDict_ContainsString(dict, "key") == 1 &&
                 PyDict_GetItemStringRef(dict, "key", &v) == 1
             // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'PyDict_GetItemStringRef' on 'dict' relies on what 'PyDict_ContainsString' found
             // CHECK-NOTES: :[[@LINE-3]]:10: note: looked up here
             // CHECK-NOTES: :[[@LINE-6]]:47: note: any thread that holds the object passed as argument 'dict' can change it
             // CHECK-NOTES: :[[@LINE-4]]:18: note: 'PyDict_GetItemStringRef' does both at once
             ? v
             : Py_NewRef(Py_None);
}

// Helpers that hand container and key on.
static PyObject *look(PyObject *d, PyObject *k) {
  PyObject *v;
  return PyDict_GetItemRef(d, k, &v) < 0 ? NULL : v;
}
static int put(PyObject *d, PyObject *k, PyObject *v) {
  return PyDict_SetItem(d, k, v);
}
static PyObject *through_helpers(Thing *self, PyObject *key) {
  PyObject *v = look(self->cache, key);
  if (!v) {
    v = make_value();
    if (v && put(self->cache, key, v) < 0)
      // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_GetItemRef' found
      // CHECK-NOTES: :[[@LINE-5]]:17: note: looked up here
      // CHECK-NOTES: :[[@LINE-51]]:14: note: another thread can change 'cache' in 'get_or_make'
      // CHECK-NOTES: :[[@LINE-4]]:14: note: 'PyDict_SetDefaultRef' does both at once
      return NULL;
  }
  return v;
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *locked(Thing *self, PyObject *key) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self->cache);
  if (PyDict_GetItemRef(self->cache, key, &v) == 0) {
    v = make_value();
    if (v && PyDict_SetItem(self->cache, key, v) < 0)
      Py_CLEAR(v);
  }
  Py_END_CRITICAL_SECTION();
  return v;
}

// Another key, another dict, no condition.
static PyObject *unrelated(Thing *self, PyObject *key) {
  PyObject *v = NULL;
  if (PyDict_Contains(self->cache, key) == 0 &&
      PyDict_SetItem(self->cache, Py_None, key) < 0)
    return NULL;
  if (PyDict_GetItemRef(self->cache, key, &v) < 0 ||
      PyDict_SetItem(key, key, key) < 0)
    return NULL;
  Py_XDECREF(v);
  PyDict_GetItemRef(self->cache, key, &v);
  Py_XDECREF(v);
  if (PyDict_SetItem(self->cache, key, key) < 0)
    return NULL;
  Py_RETURN_NONE;
}

// Whoever comes first puts the same object in.
static PyObject *seen(Thing *self, PyObject *key) {
  if (PyDict_Contains(self->cache, key) == 0 &&
      PyDict_SetItem(self->cache, key, Py_None) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *own(PyObject *m, PyObject *key) {
  PyObject *dict = PyDict_New();
  if (dict && PyDict_Contains(dict, key) == 0 &&
      PyDict_SetItem(dict, key, key) < 0)
    Py_CLEAR(dict);
  return dict;
}

// Looked up once more under the lock.
static PyObject *twice(Thing *self, PyObject *key) {
  PyObject *v;
  if (PyDict_GetItemRef(self->cache, key, &v) != 0)
    return v;
  PyMutex_Lock(&self->lock);
  int found = PyDict_Contains(self->cache, key);
  if (found == 0)
    found = PyDict_SetItem(self->cache, key, key);
  PyMutex_Unlock(&self->lock);
  if (found < 0)
    return NULL;
  Py_RETURN_NONE;
}

// What is tested is not what was looked up.
static PyObject *replace(Thing *self, PyObject *key) {
  PyObject *old = PyDict_GetItemWithError(self->cache, key);
  if (old == NULL && PyErr_Occurred())
    return NULL;
  old = PyObject_Str(key);
  if (old == NULL || PyDict_SetItem(self->cache, key, old) < 0)
    return NULL;
  return old;
}

static PyMethodDef thing_methods[] = {
    {"replace", (PyCFunction)replace, METH_O, NULL},
    {"twice", (PyCFunction)twice, METH_O, NULL},
    {"get_or_make", (PyCFunction)get_or_make, METH_O, NULL},
    {"forget", (PyCFunction)forget, METH_O, NULL},
    {"through_helpers", (PyCFunction)through_helpers, METH_O, NULL},
    {"locked", (PyCFunction)locked, METH_O, NULL},
    {"unrelated", (PyCFunction)unrelated, METH_O, NULL},
    {"seen", (PyCFunction)seen, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot thing_slots[] = {{Py_tp_methods, thing_methods}, {0, NULL}};
PyType_Spec thing_spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT,
                          thing_slots};
PyMethodDef methods[] = {{"found", found, METH_O, NULL},
                         {"own", own, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};

// Two threads add it, and it is in the list twice.
static PyObject *add_once(PyObject *list, PyObject *v) {
  int found = PySequence_Contains(list, v);
  if (found < 0)
    return NULL;
  if (!found && PyList_Append(list, v) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyList_Append' on 'list' relies on what 'PySequence_Contains' found
    // CHECK-NOTES: :[[@LINE-5]]:15: note: looked up here
    // CHECK-NOTES: note: any thread that holds the object passed as argument 'list' can change it
    // CHECK-NOTES: :[[@LINE-4]]:17: note: a lock has to be held over both
    return NULL;
  return Py_NewRef(v);
}
PyMethodDef list_methods[] = {{"add_once", add_once, METH_O, NULL}, {NULL, NULL, 0, NULL}};
