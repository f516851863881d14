// RUN: %check_tidy %s cpython-threads-legacy-tls %t -- -- -Wno-deprecated-declarations

#include <Python.h>

static int key;
static Py_tss_t good = Py_tss_NEEDS_INIT;

int spam_exec(PyObject *m) {
  key = PyThread_create_key();
  // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: 'PyThread_create_key' uses thread-local storage with a key of type int, which fails where native keys are no integers; 'Py_tss_t' and 'PyThread_tss_create' take its place [cpython-threads-legacy-tls]
  return key == -1 ? -1 : PyThread_tss_create(&good);
}
// A note of the first.
void *depth(void) { return PyThread_get_key_value(key); }
int set(void *value) { return PyThread_set_key_value(3, value); }
// CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'PyThread_set_key_value' uses thread-local storage with a key of type int, which fails where native keys are no integers; 'Py_tss_t' and 'PyThread_tss_create' take its place
void *get(void) { return PyThread_tss_get(&good); }
