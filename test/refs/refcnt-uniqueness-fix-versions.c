// RUN: %check_tidy %s cpython-refs-refcnt-uniqueness %t

// Older Pythons go on counting, and builds without the GIL say no.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *cache;
} Thing;

int alone(Thing *self) {
  return Py_REFCNT(self->cache) == 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030E0000
  // CHECK-FIXES:   int unique = PyUnstable_Object_IsUniquelyReferenced(self->cache);
  // CHECK-FIXES: #elif !defined(Py_GIL_DISABLED)
  // CHECK-FIXES:   int unique = Py_REFCNT(self->cache) == 1;
  // CHECK-FIXES: #else
  // CHECK-FIXES:   int unique = 0;
  // CHECK-FIXES: #endif
  // CHECK-FIXES:   return unique;
}

PyObject *writable(Thing *self) {
  PyObject *dict = self->cache;
  if (dict && Py_REFCNT(dict) > 1) {
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: the reference count of 'dict' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030E0000
  // CHECK-FIXES:   int shared = dict && !PyUnstable_Object_IsUniquelyReferenced(dict);
  // CHECK-FIXES: #elif !defined(Py_GIL_DISABLED)
  // CHECK-FIXES:   int shared = dict && Py_REFCNT(dict) > 1;
  // CHECK-FIXES: #else
  // CHECK-FIXES:   int shared = dict && 1;
  // CHECK-FIXES: #endif
  // CHECK-FIXES:   if (shared) {
    return PyDict_Copy(dict);
  }
  int reuse = PyDict_CheckExact(dict) && PyDict_GET_SIZE(dict) == 0 &&
              Py_REFCNT(dict) == 1 && self->cache == dict;
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: the reference count of 'dict' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030E0000
  // CHECK-FIXES:   int unique = PyDict_CheckExact(dict) && PyDict_GET_SIZE(dict) == 0 && PyUnstable_Object_IsUniquelyReferenced(dict);
  // CHECK-FIXES: #elif !defined(Py_GIL_DISABLED)
  // CHECK-FIXES:   int unique = PyDict_CheckExact(dict) && PyDict_GET_SIZE(dict) == 0 && Py_REFCNT(dict) == 1;
  // CHECK-FIXES: #else
  // CHECK-FIXES:   int unique = PyDict_CheckExact(dict) && PyDict_GET_SIZE(dict) == 0 && 0;
  // CHECK-FIXES: #endif
  // CHECK-FIXES:   int reuse = unique && self->cache == dict;
  if (!reuse)
    return NULL;
  return Py_NewRef(dict);
}

// A loop asks again each time, and an else is not evaluated first: they ask in place.
void others(Thing *self, int n) {
  while (Py_REFCNT(self->cache) == 1)
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
  // CHECK-FIXES: while (
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030E0000
  // CHECK-FIXES: PyUnstable_Object_IsUniquelyReferenced(self->cache)
  // CHECK-FIXES: #elif !defined(Py_GIL_DISABLED)
  // CHECK-FIXES: Py_REFCNT(self->cache) == 1
  // CHECK-FIXES: #else
  // CHECK-FIXES: 0
  // CHECK-FIXES: #endif
  // CHECK-FIXES: )
    Py_INCREF(self->cache);
  if (n)
    return;
  else if (n < 3 && Py_REFCNT(self->cache) > 1)
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
  // CHECK-FIXES: else if (n < 3 &&
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030E0000
  // CHECK-FIXES: !PyUnstable_Object_IsUniquelyReferenced(self->cache)
  // CHECK-FIXES: #elif !defined(Py_GIL_DISABLED)
  // CHECK-FIXES: Py_REFCNT(self->cache) > 1
  // CHECK-FIXES: #else
  // CHECK-FIXES: 1
  // CHECK-FIXES: #endif
  // CHECK-FIXES: )
    Py_CLEAR(self->cache);
}

// A loop that waits for others would never end where there is no answer, and a macro
// takes no directives.
#define LIKELY(x) __builtin_expect(!!(x), 1)
void waits(Thing *self) {
  while (Py_REFCNT(self->cache) > 1)
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
    Py_DECREF(self->cache);
  while (LIKELY(Py_REFCNT(self->cache) == 1))
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
    Py_INCREF(self->cache);
}

// Two in one function, in an argument and in the body of a loop.
int use(int unique);
void several(Thing *self) {
  use(Py_REFCNT(self->cache) == 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030E0000
  // CHECK-FIXES:   int unique = PyUnstable_Object_IsUniquelyReferenced(self->cache);
  // CHECK-FIXES: #elif !defined(Py_GIL_DISABLED)
  // CHECK-FIXES:   int unique = Py_REFCNT(self->cache) == 1;
  // CHECK-FIXES: #else
  // CHECK-FIXES:   int unique = 0;
  // CHECK-FIXES: #endif
  // CHECK-FIXES:   use(unique);
  for (int i = 0; i < 3; i++)
    // CHECK-FIXES: for (int i = 0; i < 3; i++) {
    if (Py_REFCNT(self->cache) == 1)
      // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
      // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030E0000
      // CHECK-FIXES:     int unique2 = PyUnstable_Object_IsUniquelyReferenced(self->cache);
      // CHECK-FIXES: #elif !defined(Py_GIL_DISABLED)
      // CHECK-FIXES:     int unique2 = Py_REFCNT(self->cache) == 1;
      // CHECK-FIXES: #else
      // CHECK-FIXES:     int unique2 = 0;
      // CHECK-FIXES: #endif
      // CHECK-FIXES:     if (unique2)
      use(i);
      // CHECK-FIXES: }
}
