// RUN: %check_tidy %s cpython-threads-legacy-tls %t -- -- -Wno-deprecated-declarations

#include <Python.h>

static int key;
// CHECK-FIXES: static Py_tss_t key = Py_tss_NEEDS_INIT;
static Py_tss_t good = Py_tss_NEEDS_INIT;

int spam_exec(PyObject *m) {
  key = PyThread_create_key();
  // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: 'PyThread_create_key' uses thread-local storage with a key of type int, which fails where native keys are no integers; 'Py_tss_t' and 'PyThread_tss_create' take its place [cpython-threads-legacy-tls]
  // CHECK-FIXES: PyThread_tss_create(&key);
  // CHECK-FIXES: return !PyThread_tss_is_created(&key) ? -1 : PyThread_tss_create(&good);
  return key == -1 ? -1 : PyThread_tss_create(&good);
}
// A note of the first.
// CHECK-FIXES: void *depth(void) { return PyThread_tss_get(&key); }
void *depth(void) { return PyThread_get_key_value(key); }
int set(void *value) { return PyThread_set_key_value(3, value); }
// CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'PyThread_set_key_value' uses thread-local storage with a key of type int, which fails where native keys are no integers; 'Py_tss_t' and 'PyThread_tss_create' take its place
void *get(void) { return PyThread_tss_get(&good); }
// One expression; all the family.
static int slot = -1;
// CHECK-FIXES: static Py_tss_t slot = Py_tss_NEEDS_INIT;
int start(void) {
  if ((slot = PyThread_create_key()) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'PyThread_create_key' uses thread-local storage
    // CHECK-FIXES: if (PyThread_tss_create(&slot) != 0)
    return -1;
  return 0;
}
int swap(void *value) {
  // CHECK-FIXES: PyThread_tss_set(&slot, NULL);
  PyThread_delete_key_value(slot);
  // CHECK-FIXES: return PyThread_tss_set(&slot, value);
  return PyThread_set_key_value(slot, value);
}
void stop(void) {
  // CHECK-FIXES: if (PyThread_tss_is_created(&slot))
  // CHECK-FIXES: PyThread_tss_delete(&slot);
  if (slot != -1)
    PyThread_delete_key(slot);
}
// Used for something else: no fix.
static int shown;
int show(void) {
  shown = PyThread_create_key();
  // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: 'PyThread_create_key' uses thread-local storage
  return shown + 1;
}
