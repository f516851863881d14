// RUN: %check_tidy %s cpython-refs-dict-next-unlocked %t

// A loop that nothing leaves is wrapped in a section.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *cache;
} Thing;

PyObject *sum(PyObject *m, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  double total = 0;
  while (PyDict_Next(dict, &pos, &key, &value)) {
    // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyDict_Next' steps through 'dict' without
    if (key == Py_None)
      continue;
    if (!PyFloat_Check(value))
      break;
    total += PyFloat_AS_DOUBLE(value);
  }
  return PyFloat_FromDouble(total);
}
// CHECK-FIXES: double total = 0;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(dict);
// CHECK-FIXES: #endif
// CHECK-FIXES: while (PyDict_Next(dict, &pos, &key, &value)) {
// CHECK-FIXES: }
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return PyFloat_FromDouble(total);

PyObject *count(Thing *self, PyObject *ignored) {
  PyObject *key;
  Py_ssize_t pos, n = 0;
  for (pos = 0; PyDict_Next(self->cache, &pos, &key, NULL);)
    // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyDict_Next' steps through 'self->cache' without
    n++;
  self->cache = NULL;
  return PyLong_FromSsize_t(n);
}
// CHECK-FIXES: Py_ssize_t pos, n = 0;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self->cache);
// CHECK-FIXES: #endif
// CHECK-FIXES: for (pos = 0; PyDict_Next(self->cache, &pos, &key, NULL);)
// CHECK-FIXES: n++;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: self->cache = NULL;

// The body of an if without braces.
int known(PyObject *dict, PyObject *what) {
  PyObject *key;
  Py_ssize_t pos = 0;
  int found = 0;
  if (dict != NULL)
    while (!found && PyDict_Next(dict, &pos, &key, NULL))
      // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'PyDict_Next' steps through 'dict' without
      found = key == what;
  return found;
}
// CHECK-FIXES: if (dict != NULL) {
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(dict);
// CHECK-FIXES: #endif
// CHECK-FIXES: while (!found && PyDict_Next(dict, &pos, &key, NULL))
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: }
// CHECK-FIXES: return found;
