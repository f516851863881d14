// RUN: %check_tidy %s cpython-threads-critical-section-exit %t -python=3.13,3.15

#include <Python.h>
#include <stdexcept>

struct Obj {
  PyObject_HEAD
  Py_ssize_t count;
};

static int thrown(Obj *self) {
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->count < 0)
    throw std::runtime_error("closed");
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'throw' leaves the critical section of 'self' without ending it [cpython-threads-critical-section-exit]
    // CHECK-NOTES: :[[@LINE-4]]:3: note: the section begins here
  self->count++;
  Py_END_CRITICAL_SECTION();
  return 0;
}

static int thrown_from_within_a_block(Obj *self) {
  try {
    Py_BEGIN_CRITICAL_SECTION(self);
    if (self->count > 7)
      return -1;
      // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'return' leaves the critical section of 'self' without ending it [cpython-threads-critical-section-exit]
      // CHECK-NOTES: :[[@LINE-4]]:5: note: the section begins here
    Py_END_CRITICAL_SECTION();
  } catch (const std::exception &) {
    return -2;
  }
  return 0;
}

// Nothing below is wrong.

static int caught_inside(Obj *self) {
  int rc = 0;
  Py_BEGIN_CRITICAL_SECTION(self);
  try {
    if (self->count < 0)
      throw std::runtime_error("closed");
  } catch (const std::exception &) {
    rc = -1;
  }
  Py_END_CRITICAL_SECTION();
  return rc;
}

static Py_ssize_t a_function_inside(Obj *self) {
  Py_ssize_t r;
  Py_BEGIN_CRITICAL_SECTION(self);
  auto get = [&]() -> Py_ssize_t { return self->count; };
  r = get();
  Py_END_CRITICAL_SECTION();
  return r;
}

#ifdef Py_GIL_DISABLED
// A class whose object is the section.
class Section {
public:
  explicit Section(PyObject *op) : op(op) {
    if (op && op != Py_None)
      PyCriticalSection_Begin(&section, op);
  }
  ~Section() {
    if (op && op != Py_None)
      PyCriticalSection_End(&section);
  }

private:
  PyObject *op;
  PyCriticalSection section;
};
static Py_ssize_t with_class(Obj *self) {
  Section section(reinterpret_cast<PyObject *>(self));
  if (self->count > 3)
    return 3;
  return self->count++;
}
// Two functions.
struct Holder {
  PyCriticalSection section;
  PyObject *op;
};
static void holder_begin(Holder *holder) { PyCriticalSection_Begin(&holder->section, holder->op); }
static void holder_end(Holder *holder) { PyCriticalSection_End(&holder->section); }
static Py_ssize_t with_functions(Obj *self) {
  Holder holder = {{}, reinterpret_cast<PyObject *>(self)};
  holder_begin(&holder);
  Py_ssize_t count = self->count++;
  holder_end(&holder);
  return count;
}
Py_ssize_t (*const more[])(Obj *) = {with_class, with_functions};
#endif

int (*const functions[])(Obj *) = {thrown, thrown_from_within_a_block, caught_inside};
Py_ssize_t (*const others[])(Obj *) = {a_function_inside};
