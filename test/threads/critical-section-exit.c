// RUN: %check_tidy %s cpython-threads-critical-section-exit %t -python=3.13,3.15

#include <Python.h>
#include <setjmp.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
  PyObject *cache;
  PyMutex lock;
  jmp_buf env;
} Obj;

static PyObject *obj_next_id(Obj *self, PyObject *ignored) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->count < 0)
    return PyErr_Format(PyExc_ValueError, "closed");
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the critical section of 'self' without ending it [cpython-threads-critical-section-exit]
    // CHECK-NOTES: :[[@LINE+3]]:5: note: 'return' leaves it likewise
    // CHECK-NOTES: :[[@LINE-5]]:3: note: the section begins here
  if (self->count == 7)
    Py_RETURN_NONE;
  r = PyLong_FromSsize_t(self->count++);
  Py_END_CRITICAL_SECTION();
  return r;
}

static PyObject *obj_move(Obj *self, PyObject *arg) {
  Obj *other = (Obj *)arg;
  for (int i = 0; i < 3; i++) {
    Py_BEGIN_CRITICAL_SECTION2(self, other);
    if (other->count == i)
      break;
      // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'break' leaves the critical section of {{.*}} without ending it [cpython-threads-critical-section-exit]
      // CHECK-NOTES: :[[@LINE+3]]:7: note: 'continue' leaves it likewise
      // CHECK-NOTES: :[[@LINE-5]]:5: note: the section begins here
    if (self->count == i)
      continue;
    self->count++;
    Py_END_CRITICAL_SECTION2();
  }
  Py_RETURN_NONE;
}

static int obj_init(Obj *self) {
  int rc = 0;
  Py_BEGIN_CRITICAL_SECTION(self);
  self->cache = PyDict_New();
  if (self->cache == NULL)
    goto fail;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'goto' leaves the critical section of 'self' without ending it [cpython-threads-critical-section-exit]
    // CHECK-NOTES: :[[@LINE-5]]:3: note: the section begins here
  Py_END_CRITICAL_SECTION();
  return rc;
fail:
  return -1;
}

static int obj_visit(Obj *self, visitproc visit, void *arg) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_VISIT(self->cache);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'return' leaves the critical section of 'self' without ending it [cpython-threads-critical-section-exit]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: the section begins here
  Py_END_CRITICAL_SECTION();
  return 0;
}

static void obj_jump(Obj *self) {
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->count > 3)
    longjmp(self->env, 1);
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: '{{[a-z_]*}}longjmp{{[a-z_]*}}' leaves the critical section of 'self' without ending it [cpython-threads-critical-section-exit]
    // CHECK-NOTES: :[[@LINE-4]]:3: note: the section begins here
  Py_END_CRITICAL_SECTION();
}

// The user's own names for the macros.
#define ENTER_OBJ(op) Py_BEGIN_CRITICAL_SECTION(op)
#define LEAVE_OBJ() Py_END_CRITICAL_SECTION()
#define RETURN_IF_CLOSED(op) \
  if ((op)->count < 0)       \
  return -1
static int obj_wrapped(Obj *self) {
  ENTER_OBJ(self);
  RETURN_IF_CLOSED(self);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'return' leaves the critical section of 'self' without ending it [cpython-threads-critical-section-exit]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: the section begins here
  self->count++;
  LEAVE_OBJ();
  return 0;
}

// Nothing below is wrong.

static PyObject *good_label(Obj *self, PyObject *ignored) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->count < 0) {
    PyErr_SetString(PyExc_ValueError, "closed");
    r = NULL;
    goto done;
  }
  r = PyLong_FromSsize_t(self->count++);
done:;
  Py_END_CRITICAL_SECTION();
  return r;
}

static PyObject *good_loop(Obj *self, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(self);
  for (int i = 0; i < 10; i++) {
    if (self->count == i)
      break;
    if (self->count == 2 * i)
      continue;
    switch (i) {
    case 1:
      self->count++;
      break;
    default:
      break;
    }
  }
  while (self->count > 100) {
    self->count--;
    if (self->count == 50)
      break;
  }
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *good_ended(Obj *self, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->count < 0) {
#ifdef Py_GIL_DISABLED
    PyCriticalSection_End(&_py_cs);
#endif
    return NULL;
  }
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *good_fatal(Obj *self, PyObject *ignored) {
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->count < 0)
    Py_FatalError("negative");
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *good_sequence(Obj *self, PyObject *other) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->count++;
  Py_END_CRITICAL_SECTION();
  if (self->count == 3)
    return NULL;
  Py_BEGIN_CRITICAL_SECTION(other);
  self->count++;
  Py_END_CRITICAL_SECTION();
  return Py_NewRef(other);
}
