// RUN: %check_tidy %s cpython-threads-mutex-copied %t -python=3.13,3.15

#include <Python.h>
#include <string.h>

typedef struct {
  int v;
  PyMutex mu;
} Slot;
typedef struct {
  Slot *slots;
  size_t size;
} Table;

static int grow(Table *t, size_t n) {
  Slot *p = PyMem_Realloc(t->slots, n * sizeof(Slot));
  // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'PyMem_Realloc' moves the mutex 'mu', which only works at the place where it was made [cpython-threads-mutex-copied]
  // CHECK-NOTES: :[[@LINE-10]]:11: note: the mutex is declared here
  if (p == NULL)
    return -1;
  t->slots = p;
  return 0;
}
static void replace(Slot *a, Slot *b) {
  *a = *b;
  // CHECK-MESSAGES: :[[@LINE-1]]:8: warning: copying '*b' copies the mutex 'mu', which only works at the place where it was made [cpython-threads-mutex-copied]
  // CHECK-NOTES: :[[@LINE-19]]:11: note: the mutex is declared here
}
static void copy(Slot *a, const Slot *b) {
  memcpy(a, b, sizeof(Slot));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'memcpy' copies the mutex 'mu', which only works at the place where it was made [cpython-threads-mutex-copied]
  // CHECK-NOTES: :[[@LINE-24]]:11: note: the mutex is declared here
}
static int local(void) {
  PyMutex mu;
  // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: the mutex 'mu' is not set to zero [cpython-threads-mutex-copied]
  PyMutex_Lock(&mu);
  PyMutex_Unlock(&mu);
  return 0;
}

// Nothing below is wrong.

static PyMutex global;
static int good_local(void) {
  PyMutex mu = {0};
  PyMutex_Lock(&mu);
  PyMutex_Unlock(&mu);
  PyMutex_Lock(&global);
  PyMutex_Unlock(&global);
  return 0;
}
static void good_reset(Slot *a) { *a = (Slot){0}; }
static void good_template(Slot *a) {
  PyMutex zero = {0};
  a->mu = zero;
}
static void bad_template(Slot *a) {
  PyMutex used = {0};
  PyMutex_Lock(&used);
  a->mu = used;
  // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: copying 'used' copies the mutex, which only works at the place where it was made [cpython-threads-mutex-copied]
}
static void good_part(Slot *a, const Slot *b) {
  a->v = b->v;
  memcpy(a, b, sizeof(int));
}
static int good_pointers(Table ***tables, size_t n) {
  Table **t = PyMem_Realloc(*tables, n * sizeof(Table *));
  if (t == NULL)
    return -1;
  *tables = t;
  return 0;
}
