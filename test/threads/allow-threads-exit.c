// RUN: %check_tidy %s cpython-threads-allow-threads-exit %t

#include <Python.h>
#include <setjmp.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *h);
typedef struct {
  PyObject_HEAD
  lib_handle *h;
  int timeout;
  jmp_buf env;
} Obj;

static PyObject *obj_poll(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  while (lib_do(self->h) == 0)
    if (self->h == NULL)
      return NULL;
      // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'return' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
      // CHECK-NOTES: :[[@LINE-5]]:3: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static PyObject *obj_goto(Obj *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_do(self->h);
  if (rc < 0)
    goto error;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'goto' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
    // CHECK-NOTES: :[[@LINE-5]]:3: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
error:
  return NULL;
}

static PyObject *obj_loop(Obj *self, PyObject *ignored) {
  for (;;) {
    Py_BEGIN_ALLOW_THREADS
    if (lib_do(self->h) == 1)
      break;
      // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'break' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
      // CHECK-NOTES: :[[@LINE+3]]:7: note: 'continue' leaves it likewise
      // CHECK-NOTES: :[[@LINE-5]]:5: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
    if (lib_do(self->h) == 2)
      continue;
    Py_END_ALLOW_THREADS
  }
  Py_RETURN_NONE;
}

static PyObject *obj_unblocked(Obj *self, PyObject *ignored) {
  int rc = 0;
  Py_BEGIN_ALLOW_THREADS
  while (rc == 0) {
    rc = lib_do(self->h);
    Py_BLOCK_THREADS
    if (PyErr_CheckSignals() < 0)
      return NULL;
    Py_UNBLOCK_THREADS
    if (rc == 3)
      return NULL;
      // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'return' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
      // CHECK-NOTES: :[[@LINE-4]]:5: note: detached by 'Py_UNBLOCK_THREADS' here
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static PyObject *obj_jump(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  if (lib_do(self->h) < 0)
    longjmp(self->env, 1);
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: '{{[a-z_]*}}longjmp{{[a-z_]*}}' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
    // CHECK-NOTES: :[[@LINE-4]]:3: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

// Through the user's own macros, and one that hides a return.
#define RELEASE_GIL Py_BEGIN_ALLOW_THREADS
#define ACQUIRE_GIL Py_END_ALLOW_THREADS
#define CHECK(e)  \
  do {            \
    if ((e) < 0)  \
      return NULL; \
  } while (0)
static PyObject *obj_wrapped(Obj *self, PyObject *ignored) {
  RELEASE_GIL
  CHECK(lib_do(self->h));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'return' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
  ACQUIRE_GIL
  Py_RETURN_NONE;
}

// Nothing below is wrong.

static PyObject *good_blocked(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  if (lib_do(self->h) < 0) {
    Py_BLOCK_THREADS
    PyErr_SetString(PyExc_OSError, "no");
    return NULL;
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static PyObject *good_blocked_goto(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  if (lib_do(self->h) < 0) {
    Py_BLOCK_THREADS
    goto error;
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
error:
  return NULL;
}

static PyObject *good_loop(Obj *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  for (int i = 0; i < 10; i++) {
    rc = lib_do(self->h);
    if (rc == 1)
      continue;
    if (rc == 2)
      break;
    switch (rc) {
    case 3:
      break;
    case 4:
      goto inside;
    }
  }
inside:
  rc = lib_do(self->h);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}

static PyObject *good_retry(Obj *self, PyObject *ignored) {
  int rc, err = 0;
  do {
    Py_BEGIN_ALLOW_THREADS
    rc = lib_do(self->h);
    Py_END_ALLOW_THREADS
  } while (rc < 0 && !(err = PyErr_CheckSignals()));
  if (err)
    return NULL;
  return PyLong_FromLong(rc);
}

static PyObject *good_exit(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  if (lib_do(self->h) < 0)
    abort();
  if (lib_do(self->h) == 4)
    _exit(1);
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

// As NumPy does it: only when it is worth it.
#define BEGIN_THREADS_DEF PyThreadState *_save = NULL;
#define BEGIN_THREADS(n)            \
  do {                              \
    if ((n) > 500)                  \
      Py_UNBLOCK_THREADS            \
  } while (0);
#define END_THREADS        \
  do {                     \
    if (_save) {           \
      Py_BLOCK_THREADS     \
      _save = NULL;        \
    }                      \
  } while (0);
static PyObject *good_threshold(Obj *self, PyObject *ignored) {
  int rc;
  BEGIN_THREADS_DEF
  BEGIN_THREADS(self->timeout)
  rc = lib_do(self->h);
  if (rc < 0) {
    END_THREADS
    return NULL;
  }
  END_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *bad_threshold(Obj *self, PyObject *ignored) {
  int rc;
  BEGIN_THREADS_DEF
  BEGIN_THREADS(self->timeout)
  rc = lib_do(self->h);
  if (rc < 0)
    return NULL;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
    // CHECK-NOTES: :[[@LINE-5]]:3: note: detached by 'Py_UNBLOCK_THREADS' here
  END_THREADS
  return PyLong_FromLong(rc);
}

// The condition is an accessor of a header.
static inline int flags_of(const Obj *o) { return o->timeout; }
static PyObject *good_accessor(Obj *self, PyObject *ignored) {
  PyThreadState *_save = NULL;
  int rc;
  if (!(flags_of(self) & 2))
    Py_UNBLOCK_THREADS
  rc = lib_do(self->h);
  if (!(flags_of(self) & 2))
    Py_BLOCK_THREADS
  return PyLong_FromLong(rc);
}
