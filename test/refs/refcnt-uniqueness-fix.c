// RUN: %check_tidy %s cpython-refs-refcnt-uniqueness %t -python=3.15 -fix-min-python=3.14

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *cache;
} Thing;

int unique(Thing *self) {
  return Py_REFCNT(self->cache) == 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: the reference count of 'self->cache' does not
  // CHECK-FIXES: return PyUnstable_Object_IsUniquelyReferenced(self->cache);
}

PyObject *writable(Thing *self) {
  PyObject *dict = self->cache;
  if (dict && Py_REFCNT(dict) > 1) {
    // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: the reference count of 'dict' does not
    // CHECK-FIXES: if (dict && !PyUnstable_Object_IsUniquelyReferenced(dict)) {
    return PyDict_Copy(dict);
  }
  if (2 <= Py_REFCNT(dict))
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: the reference count of 'dict' does not
    // CHECK-FIXES: if (!PyUnstable_Object_IsUniquelyReferenced(dict))
    return NULL;
  // One of them is in another place; there is nothing to call instead.
  if (Py_REFCNT(dict) == 2)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: the reference count of 'dict' does not
    return NULL;
  return Py_NewRef(dict);
}
