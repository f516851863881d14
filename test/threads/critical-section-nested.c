// RUN: %check_tidy %s cpython-threads-critical-section-nested %t -python=3.13,3.15 -fix-min-python=3.13

#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
} Obj;
int use(PyObject *op);

static PyObject *obj_move(Obj *self, PyObject *arg) {
  Obj *other = (Obj *)arg;
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_BEGIN_CRITICAL_SECTION(other);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the section of 'other' can suspend the section of 'self': the two are not locked together [cpython-threads-critical-section-nested]
  // CHECK-NOTES: :[[@LINE+3]]:25: note: 'self' is used here, maybe while another thread has it
  // CHECK-NOTES: :[[@LINE-4]]:3: note: the section of 'self' begins here
  // CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION2(self, other);
  other->count += self->count;
  self->count = 0;
  Py_END_CRITICAL_SECTION();
  Py_END_CRITICAL_SECTION();
  // CHECK-FIXES: Py_END_CRITICAL_SECTION2();
  Py_RETURN_NONE;
}

// Something in between: nothing is merged.
static PyObject *obj_apart(Obj *self, Obj *other) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->count++;
  Py_BEGIN_CRITICAL_SECTION(other);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the section of 'other' can suspend the section of 'self': the two are not locked together [cpython-threads-critical-section-nested]
  // CHECK-NOTES: :[[@LINE+2]]:25: note: 'self' is used here, maybe while another thread has it
  // CHECK-NOTES: :[[@LINE-5]]:3: note: the section of 'self' begins here
  other->count += self->count;
  Py_END_CRITICAL_SECTION();
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// Nothing below is wrong.

static PyObject *good_two(Obj *self, Obj *other) {
  Py_BEGIN_CRITICAL_SECTION2(self, other);
  other->count += self->count;
  self->count = 0;
  Py_END_CRITICAL_SECTION2();
  Py_RETURN_NONE;
}
static PyObject *good_same(Obj *self, Obj *other) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_BEGIN_CRITICAL_SECTION(self);
  self->count++;
  Py_END_CRITICAL_SECTION();
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyObject *good_inner_only(Obj *self, Obj *other) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->count++;
  Py_BEGIN_CRITICAL_SECTION(other);
  other->count++;
  Py_END_CRITICAL_SECTION();
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyObject *good_sequence(Obj *self, Obj *other) {
  Py_ssize_t n;
  Py_BEGIN_CRITICAL_SECTION(self);
  n = self->count;
  Py_END_CRITICAL_SECTION();
  Py_BEGIN_CRITICAL_SECTION(other);
  other->count += n;
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
