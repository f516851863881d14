// RUN: %check_tidy %s cpython-threads-unbalanced-attach %t

#include <Python.h>
#include <stdlib.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *h);
typedef struct {
  PyObject_HEAD
  lib_handle *h;
  PyThreadState *saved;
  int flag;
} Obj;

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyObject *r = PyObject_CallNoArgs((PyObject *)user);
  if (r == NULL) {
    PyErr_Print();
    return;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the thread attached [cpython-threads-unbalanced-attach]
    // CHECK-NOTES: :[[@LINE-6]]:25: note: 'PyGILState_Ensure' is called here
  }
  Py_DECREF(r);
  PyGILState_Release(st);
}

static void end_of_function(void *user) {
  PyGILState_STATE st;
  st = PyGILState_Ensure();
  Py_DECREF((PyObject *)user);
}
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: the end of the function leaves the thread attached [cpython-threads-unbalanced-attach]
// CHECK-NOTES: :[[@LINE-4]]:8: note: 'PyGILState_Ensure' is called here

static PyObject *obj_run(Obj *self, PyObject *ignored) {
  PyThreadState *save = PyEval_SaveThread();
  int rc = lib_do(self->h);
  if (rc < 0)
    return NULL;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the thread detached [cpython-threads-unbalanced-attach]
    // CHECK-NOTES: :[[@LINE-5]]:25: note: 'PyEval_SaveThread' is called here
  PyEval_RestoreThread(save);
  return PyLong_FromLong(rc);
}

static int obj_field(Obj *self) {
  self->saved = PyEval_SaveThread();
  if (lib_do(self->h) < 0)
    return -1;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the thread detached [cpython-threads-unbalanced-attach]
    // CHECK-NOTES: :[[@LINE-4]]:17: note: 'PyEval_SaveThread' is called here
  PyEval_RestoreThread(self->saved);
  return 0;
}

static void in_a_loop(lib_handle *h) {
  for (int i = 0; i < 10; i++) {
    PyGILState_STATE st = PyGILState_Ensure();
    if (PyErr_CheckSignals() < 0)
      continue;
      // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'continue' leaves the thread attached [cpython-threads-unbalanced-attach]
      // CHECK-NOTES: :[[@LINE-4]]:27: note: 'PyGILState_Ensure' is called here
    PyGILState_Release(st);
  }
}

static void overwritten(lib_handle *h) {
  PyGILState_STATE st = PyGILState_Ensure();
  if (lib_do(h) > 0)
    st = PyGILState_Ensure();
    // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: what 'PyGILState_Ensure' returned earlier is overwritten before it is given back [cpython-threads-unbalanced-attach]
    // CHECK-NOTES: :[[@LINE-4]]:25: note: 'PyGILState_Ensure' is called here
  PyGILState_Release(st);
}

static void twice(lib_handle *h) {
  PyGILState_STATE st = PyGILState_Ensure();
  if (lib_do(h) < 0)
    goto done;
  PyErr_Clear();
  PyGILState_Release(st);
done:
  PyGILState_Release(st);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: what 'PyGILState_Ensure' returned is given back twice [cpython-threads-unbalanced-attach]
  // CHECK-NOTES: :[[@LINE-4]]:3: note: given back here already
  // CHECK-NOTES: :[[@LINE-9]]:25: note: 'PyGILState_Ensure' is called here
}

static void thrown_away(PyObject *op) {
  PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: what 'PyGILState_Ensure' returns is needed to leave the thread as it was, and is thrown away [cpython-threads-unbalanced-attach]
  Py_DECREF(op);
}

// A helper that returns what it took.
static PyGILState_STATE attach(void) { return PyGILState_Ensure(); }
static void give_back(PyGILState_STATE st) { PyGILState_Release(st); }
static void through_helpers(PyObject *op) {
  PyGILState_STATE st = attach();
  if (PyObject_IsTrue(op) < 0)
    return;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the thread attached [cpython-threads-unbalanced-attach]
    // CHECK-NOTES: :[[@LINE-4]]:25: note: 'attach' is called here
  give_back(st);
}

// Nothing below is wrong.

static void good_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyObject *r = PyObject_CallNoArgs((PyObject *)user);
  if (r == NULL) {
    PyErr_Print();
    goto done;
  }
  Py_DECREF(r);
done:
  PyGILState_Release(st);
}

static void good_condition(PyObject *op, int need) {
  PyGILState_STATE st;
  if (need)
    st = PyGILState_Ensure();
  Py_DECREF(op);
  if (need)
    PyGILState_Release(st);
}

static void good_flag(PyObject *op) {
  PyGILState_STATE st = PyGILState_UNLOCKED;
  int attached = 0;
  if (!PyGILState_Check()) {
    st = PyGILState_Ensure();
    attached = 1;
  }
  Py_DECREF(op);
  if (attached)
    PyGILState_Release(st);
}

static int good_null(Obj *self, int release) {
  PyThreadState *save = NULL;
  int rc;
  if (release)
    save = PyEval_SaveThread();
  rc = lib_do(self->h);
  if (save != NULL)
    PyEval_RestoreThread(save);
  return rc;
}

static int good_member_condition(Obj *self) {
  PyThreadState *save;
  int rc;
  if (self->flag)
    save = PyEval_SaveThread();
  rc = lib_do(self->h);
  if (self->flag)
    PyEval_RestoreThread(save);
  return rc;
}

static void good_exit(PyObject *op) {
  PyGILState_STATE st = PyGILState_Ensure();
  if (PyObject_IsTrue(op) < 0)
    abort();
  PyGILState_Release(st);
}

// One function takes it, another gives it back.
static void begin(Obj *self) { self->saved = PyEval_SaveThread(); }
static void end(Obj *self) { PyEval_RestoreThread(self->saved); }
static PyThreadState *detach(void) {
  PyThreadState *save = PyEval_SaveThread();
  return save;
}
static void out(PyThreadState **p) { *p = PyEval_SaveThread(); }
static int good_pairs(Obj *self) {
  PyThreadState *save, *other;
  begin(self);
  lib_do(self->h);
  end(self);
  save = detach();
  lib_do(self->h);
  PyEval_RestoreThread(save);
  out(&other);
  lib_do(self->h);
  PyEval_RestoreThread(other);
  return 0;
}

static void toggle(Obj *self, int on) {
  if (on)
    self->saved = PyEval_SaveThread();
  else
    PyEval_RestoreThread(self->saved);
}

// A loop that attaches for each event.
static void *good_thread(void *arg) {
  while (lib_do(arg) == 0) {
    PyGILState_STATE st = PyGILState_Ensure();
    if (PyErr_CheckSignals() < 0) {
      PyGILState_Release(st);
      break;
    }
    PyGILState_Release(st);
  }
  return NULL;
}

// A thread state of its own: attached and detached again.
static void *good_owner(void *arg) {
  PyThreadState *ts = PyThreadState_New(arg);
  PyEval_RestoreThread(ts);
  PyErr_Clear();
  PyEval_SaveThread();
  return NULL;
}

// Attached for the caller when there is something to call, as it says through its argument.
static PyObject *good_handed_out(PyGILState_STATE *st, PyObject *callback) {
  *st = PyGILState_Ensure();
  if (!PyCallable_Check(callback)) {
    PyGILState_Release(*st);
    return NULL;
  }
  return Py_NewRef(callback);
}

// A thread state of its own.
static int own_state(PyInterpreterState *interp, PyObject *callback) {
  PyThreadState *ts = PyThreadState_New(interp);
  PyEval_AcquireThread(ts);
  PyObject *r = PyObject_CallNoArgs(callback);
  if (r == NULL)
    return -1;
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the thread attached [cpython-threads-unbalanced-attach]
  // CHECK-NOTES: :[[@LINE-5]]:3: note: 'PyEval_AcquireThread' is called here
  Py_DECREF(r);
  PyEval_ReleaseThread(ts);
  PyThreadState_Delete(ts);
  return 0;
}

// What the caller has saved.
static int step(Obj *self, PyObject *callback) {
  PyEval_RestoreThread(self->saved);
  PyObject *r = PyObject_CallNoArgs(callback);
  if (r == NULL)
    goto error;
  Py_DECREF(r);
  self->saved = PyEval_SaveThread();
  return 0;
error:
  PyErr_Clear();
  return -1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'return' leaves the thread attached [cpython-threads-unbalanced-attach]
  // CHECK-NOTES: :[[@LINE-11]]:3: note: 'PyEval_RestoreThread' is called here
}

static void good_own_state(PyInterpreterState *interp, PyObject *callback) {
  PyThreadState *ts = PyThreadState_New(interp);
  PyEval_AcquireThread(ts);
  PyObject *r = PyObject_CallNoArgs(callback);
  if (r == NULL) {
    PyErr_WriteUnraisable(callback);
    PyThreadState_Clear(ts);
    PyThreadState_DeleteCurrent();
    return;
  }
  Py_DECREF(r);
  PyEval_ReleaseThread(ts);
  PyEval_AcquireThread(ts);
  PyThreadState_Clear(ts);
  PyEval_ReleaseThread(ts);
  PyThreadState_Delete(ts);
}
static int good_step(Obj *self, PyObject *callback) {
  int rc = 0;
  PyEval_RestoreThread(self->saved);
  PyObject *r = PyObject_CallNoArgs(callback);
  if (r == NULL) {
    PyErr_Clear();
    rc = -1;
  }
  Py_XDECREF(r);
  self->saved = PyEval_SaveThread();
  return rc;
}
// Two functions that belong together.
static void good_enter(Obj *self) { PyEval_RestoreThread(self->saved); }
static void good_leave(Obj *self) { self->saved = PyEval_SaveThread(); }

void (*const functions[])(void) = {
    (void (*)(void))own_state,    (void (*)(void))step,
    (void (*)(void))on_event,     (void (*)(void))end_of_function,
    (void (*)(void))obj_run,      (void (*)(void))obj_field,
    (void (*)(void))in_a_loop,    (void (*)(void))overwritten,
    (void (*)(void))twice,        (void (*)(void))thrown_away,
    (void (*)(void))through_helpers};
void (*const good[])(void) = {
    (void (*)(void))good_own_state, (void (*)(void))good_step,
    (void (*)(void))good_enter,   (void (*)(void))good_leave,
    (void (*)(void))good_event,   (void (*)(void))good_condition,
    (void (*)(void))good_flag,    (void (*)(void))good_null,
    (void (*)(void))good_member_condition,
    (void (*)(void))good_exit,    (void (*)(void))good_pairs,
    (void (*)(void))toggle,       (void (*)(void))good_thread,
    (void (*)(void))good_owner,   (void (*)(void))good_handed_out};
