// RUN: %check_tidy %s cpython-threads-critical-section-suspended %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_HEAD
  char *buf;
  char *fixed;
  Py_ssize_t count;
  PyObject *cache;
  PyObject *hook;
} Obj;

static PyObject *obj_sum(Obj *self, PyObject *fn) {
  Py_BEGIN_CRITICAL_SECTION(self);
  char *p = self->buf;
  for (Py_ssize_t i = 0; i < 3; i++) {
    PyObject *c = PyLong_FromLong(p[i]);
    // CHECK-MESSAGES: :[[@LINE-1]]:35: warning: 'p' may no longer be what 'self->buf' points to: 'PyObject_CallOneArg' can suspend the critical section in between [cpython-threads-critical-section-suspended]
    // CHECK-NOTES: :[[@LINE-4]]:19: note: read here
    // CHECK-NOTES: :[[@LINE+2]]:19: note: suspended here
    // CHECK-NOTES: :[[@LINE+11]]:9: note: another thread can replace it here
    PyObject *r = PyObject_CallOneArg(fn, c);
    Py_XDECREF(r);
    Py_XDECREF(c);
  }
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *obj_resize(Obj *self, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->buf = PyMem_Realloc(self->buf, 100);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// Nothing below is wrong.

static PyObject *good_copy(Obj *self, PyObject *fn) {
  PyObject *copy;
  Py_BEGIN_CRITICAL_SECTION(self);
  copy = PyBytes_FromStringAndSize(self->buf, self->count);
  Py_END_CRITICAL_SECTION();
  if (copy == NULL)
    return NULL;
  PyObject *r = PyObject_CallOneArg(fn, copy);
  Py_DECREF(copy);
  return r;
}
static PyObject *good_again(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  char *p = self->buf;
  p[0] = 1;
  r = PyObject_CallNoArgs(fn);
  p = self->buf;
  p[1] = 2;
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *good_before(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  char *p = self->buf;
  p[0] = 1;
  r = PyObject_CallNoArgs(fn);
  Py_END_CRITICAL_SECTION();
  return r;
}
// Nobody replaces this one.
static PyObject *good_fixed(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  char *p = self->fixed;
  r = PyObject_CallNoArgs(fn);
  p[0] = 1;
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *good_number(Obj *self, PyObject *ignored) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  char *p = self->buf;
  r = PyLong_FromSsize_t(self->count);
  p[0] = 1;
  Py_END_CRITICAL_SECTION();
  return r;
}

// Objects, and a field that was tested.
static PyObject *obj_set(Obj *self, PyObject *value) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_XSETREF(self->hook, Py_NewRef(value));
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyObject *obj_clear(Obj *self, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_CLEAR(self->hook);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyObject *obj_twice(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  PyObject *hook = self->hook;
  r = PyObject_CallNoArgs(fn);
  if (hook != NULL)
    PyObject_SetAttrString(hook, "x", fn);
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'hook' may no longer be what 'self->hook' points to: 'PyObject_CallNoArgs' can suspend the critical section in between
  // CHECK-NOTES: :[[@LINE-5]]:26: note: read here
  // CHECK-NOTES: :[[@LINE-5]]:7: note: suspended here
  // CHECK-NOTES: :[[@LINE-20]]:3: note: another thread can replace it here
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *obj_tested(Obj *self, PyObject *fn) {
  PyObject *r = NULL;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->hook != NULL) {
    r = PyObject_CallNoArgs(fn);
    Py_INCREF(self->hook);
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'self->hook' may be null now, though it was tested: 'PyObject_CallNoArgs' can suspend the critical section in between
    // CHECK-NOTES: :[[@LINE-4]]:13: note: tested here
    // CHECK-NOTES: :[[@LINE-4]]:9: note: suspended here
    // CHECK-NOTES: :[[@LINE-27]]:3: note: another thread can replace it here
  }
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *good_owned(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  PyObject *hook = self->hook;
  Py_XINCREF(hook);
  r = PyObject_CallNoArgs(fn);
  if (hook != NULL)
    PyObject_SetAttrString(hook, "x", fn);
  Py_XDECREF(hook);
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *good_swapped(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  PyObject *old = self->hook;
  self->hook = NULL;
  r = PyObject_CallNoArgs(fn);
  Py_XDECREF(old);
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *good_retested(Obj *self, PyObject *fn) {
  PyObject *r = NULL;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->hook != NULL) {
    r = PyObject_CallNoArgs(fn);
    if (self->hook != NULL)
      Py_INCREF(self->hook);
    Py_XDECREF(self->hook);
  }
  Py_END_CRITICAL_SECTION();
  return r;
}
// A number that says how far the buffer goes, and a macro that drops a reference.
static PyObject *obj_number(Obj *self, PyObject *fn) {
  long sum = 0;
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_ssize_t n = self->count;
  PyObject *r = PyObject_CallNoArgs(fn);
  for (Py_ssize_t i = 0; i < n; i++)
    sum += self->buf[i];
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'n' may no longer be 'self->count': 'PyObject_CallNoArgs' can suspend the critical section in between
  // CHECK-NOTES: :[[@LINE-5]]:24: note: read here
  // CHECK-NOTES: :[[@LINE-5]]:17: note: suspended here
  // CHECK-NOTES: :[[@LINE+20]]:9: note: another thread can replace it here
  Py_XDECREF(r);
  Py_END_CRITICAL_SECTION();
  return PyLong_FromLong(sum);
}
static PyObject *obj_dropped(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  char *p = self->buf;
  Py_CLEAR(self->cache);
  r = PyLong_FromLong(p[0]);
  // CHECK-MESSAGES: :[[@LINE-1]]:23: warning: 'p' may no longer be what 'self->buf' points to: 'Py_CLEAR' can suspend the critical section in between
  // CHECK-NOTES: :[[@LINE-4]]:19: note: read here
  // CHECK-NOTES: :[[@LINE-4]]:3: note: suspended here
  // CHECK-NOTES: :33:9: note: another thread can replace it here
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *obj_shrink(Obj *self, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->count = 0;
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyObject *good_compared(Obj *self, PyObject *fn) {
  long sum = 0;
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_ssize_t n = self->count;
  PyObject *r = PyObject_CallNoArgs(fn);
  Py_XDECREF(r);
  if (n == self->count)
    for (Py_ssize_t i = 0; i < n; i++)
      sum += self->buf[i];
  Py_END_CRITICAL_SECTION();
  return PyLong_FromLong(sum);
}
static PyObject *good_unrelated(Obj *self, PyObject *fn) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_ssize_t n = self->count;
  PyObject *r = PyObject_CallNoArgs(fn);
  Py_XDECREF(r);
  r = PyLong_FromSsize_t(n);
  Py_XDECREF(r);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
PyObject *(*const functions[])(Obj *, PyObject *) = {
    obj_number, obj_dropped, obj_shrink, good_compared, good_unrelated,
    obj_set, obj_clear, obj_twice, obj_tested, good_owned, good_swapped, good_retested,
    obj_sum,     obj_resize,  good_copy,  good_again,
    good_before, good_fixed, good_number};
