// RUN: %check_tidy %s cpython-threads-api-while-detached %t

#include <Python.h>
#include <pthread.h>
#include <string.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *h);
void lib_notice(lib_handle *h, void (*callback)(void *, const char *), void *user);
void lib_quiet(void (*callback)(void *), void *user);
int helper_elsewhere(PyObject *op);
typedef struct {
  PyObject_HEAD
  lib_handle *h;
  PyObject *cache;
  PyThreadState *saved;
} Obj;

static PyObject *obj_run(Obj *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_do(self->h);
  if (rc < 0)
    PyErr_SetString(PyExc_OSError, "lib_do failed");
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'PyErr_SetString' is called while the thread is detached [cpython-threads-api-while-detached]
    // CHECK-NOTES: :[[@LINE-5]]:3: note: detached here
  Py_END_ALLOW_THREADS
  return rc < 0 ? NULL : PyLong_FromLong(rc);
}

static PyObject *obj_saved(Obj *self, PyObject *arg) {
  char *p;
  PyThreadState *save = PyEval_SaveThread();
  p = PyMem_Malloc(10);
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyMem_Malloc' is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+5]]:3: note: 'Py_INCREF' is called while the thread is detached
  // CHECK-NOTES: :[[@LINE+5]]:3: note: 'PyMem_Free' is called while the thread is detached
  // CHECK-NOTES: :[[@LINE-5]]:25: note: detached here
  if (p != NULL)
    memset(p, 0, 10);
  Py_INCREF(arg);
  PyMem_Free(p);
  PyEval_RestoreThread(save);
  return arg;
}

// Through helpers.
static int log_error(const char *text) {
  PySys_WriteStderr("%s\n", text);
  return -1;
}
static int step(lib_handle *h) {
  if (lib_do(h) < 0)
    return log_error("step");
  return 0;
}
static PyObject *obj_helper(Obj *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = step(self->h);
  // CHECK-MESSAGES: :[[@LINE-1]]:8: warning: 'step' uses 'PySys_WriteStderr' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-13]]:3: note: 'PySys_WriteStderr' is used here
  // CHECK-NOTES: :[[@LINE-4]]:3: note: detached here
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}

// A thread that never attaches.
static void *worker(void *arg) {
  Obj *self = arg;
  lib_do(self->h);
  Py_XDECREF(self->cache);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_XDECREF' is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+5]]:37: note: 'worker' is started as a thread here, and does not attach itself
  return NULL;
}
static PyObject *obj_start(Obj *self, PyObject *ignored) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, worker, self) != 0)
    return NULL;
  Py_RETURN_NONE;
}

// The caller has detached the thread, and passes what it saved.
static int command(lib_handle *h, PyThreadState **tstate) {
  char *buffer = PyMem_Malloc(100);
  // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'PyMem_Malloc' is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-3]]:51: note: 'tstate' carries the saved thread state: the caller has detached the thread
  int rc = buffer ? lib_do(h) : -1;
  PyEval_RestoreThread(*tstate);
  if (rc < 0)
    PyErr_NoMemory();
  PyMem_Free(buffer);
  *tstate = PyEval_SaveThread();
  return rc;
}
static PyObject *obj_command(Obj *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = command(self->h, &_save);
  Py_END_ALLOW_THREADS
  return rc < 0 ? NULL : Py_BuildValue("i", rc);
}

// The library calls back while it is itself called detached.
static void on_notice(void *user, const char *text) {
  char *copy = PyMem_Malloc(strlen(text) + 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'PyMem_Malloc' is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+6]]:3: note: 'on_notice' is handed to a library here
  // CHECK-NOTES: :[[@LINE-88]]:8: note: the library is called while the thread is detached here
  if (copy)
    strcpy(copy, text);
}
static PyObject *obj_listen(Obj *self, PyObject *ignored) {
  lib_notice(self->h, on_notice, self);
  Py_RETURN_NONE;
}

static PyObject *obj_elsewhere(Obj *self, PyObject *arg) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = helper_elsewhere(arg);
  // CHECK-MESSAGES: :[[@LINE-1]]:8: warning: 'helper_elsewhere' is given a Python object while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: detached here
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}

// Nothing below is wrong.

static PyObject *good_run(Obj *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_do(self->h);
  Py_END_ALLOW_THREADS
  if (rc < 0) {
    PyErr_SetString(PyExc_OSError, "lib_do failed");
    return NULL;
  }
  return PyLong_FromLong(rc);
}

static PyObject *good_allowed(Obj *self, PyObject *arg) {
  char *p = PyBytes_AS_STRING(arg);
  void *raw;
  PyThread_type_lock lock;
  Py_BEGIN_ALLOW_THREADS
  raw = PyMem_RawMalloc(PyBytes_GET_SIZE(arg));
  lock = PyThread_allocate_lock();
  PyThread_free_lock(lock);
  if (raw)
    memcpy(raw, p, 1);
  if (self->cache == Py_None)
    PyMem_RawFree(raw);
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static PyObject *good_blocked(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  while (lib_do(self->h) == 0) {
    Py_BLOCK_THREADS
    if (PyErr_CheckSignals() < 0)
      return NULL;
    Py_UNBLOCK_THREADS
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static PyObject *good_nested(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  if (lib_do(self->h) < 0) {
    PyGILState_STATE st = PyGILState_Ensure();
    PyErr_WriteUnraisable((PyObject *)self);
    PyGILState_Release(st);
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static PyObject *good_conditional(Obj *self, PyObject *arg) {
  PyThreadState *save = NULL;
  if (lib_do(self->h) > 3)
    save = PyEval_SaveThread();
  lib_do(self->h);
  if (save)
    PyEval_RestoreThread(save);
  return PyLong_FromLong(1);
}

static void *good_worker(void *arg) {
  Obj *self = arg;
  lib_do(self->h);
  PyGILState_STATE st = PyGILState_Ensure();
  Py_CLEAR(self->cache);
  PyGILState_Release(st);
  return NULL;
}
static void *good_owner(void *arg) {
  PyThreadState *ts = PyThreadState_New(arg);
  PyEval_AcquireThread(ts);
  PyErr_Clear();
  PyThreadState_Clear(ts);
  PyThreadState_DeleteCurrent();
  return NULL;
}
static void attached_helper(PyObject *op) {
  PyGILState_STATE st = PyGILState_Ensure();
  Py_DECREF(op);
  PyGILState_Release(st);
}
static PyObject *good_start(Obj *self, PyObject *ignored) {
  pthread_t thread;
  pthread_create(&thread, NULL, good_worker, self);
  pthread_create(&thread, NULL, good_owner, PyInterpreterState_Get());
  Py_BEGIN_ALLOW_THREADS
  attached_helper(Py_None);
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

// Runs as part of the call that it is handed to, attached.
static void on_quiet(void *user) { PyErr_Clear(); }
static PyObject *good_listen(Obj *self, PyObject *ignored) {
  lib_quiet(on_quiet, self);
  Py_RETURN_NONE;
}

// The pair of functions that bracket a call.
static void enter(Obj *self) { self->saved = PyEval_SaveThread(); }
static void leave(Obj *self) { PyEval_RestoreThread(self->saved); }
static PyObject *good_pair(Obj *self, PyObject *ignored) {
  int rc;
  enter(self);
  rc = lib_do(self->h);
  leave(self);
  return PyLong_FromLong(rc);
}
static PyObject *bad_pair(Obj *self, PyObject *ignored) {
  PyObject *r;
  enter(self);
  r = PyLong_FromLong(lib_do(self->h));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyLong_FromLong' is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: detached here
  leave(self);
  return r;
}

// Fields of an object that others use attached.
typedef struct {
  PyObject_HEAD
  char *result;
  char *guarded;
  pthread_mutex_t lock;
  lib_handle *h;
} Cursor;
char *lib_query(lib_handle *h);
static PyObject *cursor_run(Cursor *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  self->result = lib_query(self->h);
  // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: field 'result' of a Python object is written while the thread is detached, and 'cursor_result' uses it without a common lock [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+14]]:37: note: used here by an attached thread
  // CHECK-NOTES: :[[@LINE-4]]:3: note: detached here
  pthread_mutex_lock(&self->lock);
  self->guarded = lib_query(self->h);
  pthread_mutex_unlock(&self->lock);
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}
static PyObject *cursor_result(Cursor *self, PyObject *ignored) {
  PyObject *r;
  pthread_mutex_lock(&self->lock);
  r = PyLong_FromLong(self->guarded[0]);
  pthread_mutex_unlock(&self->lock);
  Py_XDECREF(r);
  return PyUnicode_FromString(self->result);
}
static PyMethodDef cursor_methods[] = {
    {"run", (PyCFunction)cursor_run, METH_NOARGS, NULL},
    {"result", (PyCFunction)cursor_result, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyMethodDef *exported = cursor_methods;

// Whoever is given the saved state can attach the thread.
static inline int check_index(int i, PyThreadState *save) {
  if (i < 0) {
    if (save)
      PyEval_RestoreThread(save);
    PyErr_SetString(PyExc_IndexError, "out of bounds");
    return -1;
  }
  return 0;
}
static PyObject *good_index(Obj *self, PyObject *arg) {
  PyThreadState *save = PyEval_SaveThread();
  if (check_index(lib_do(self->h), save) < 0) {
    Py_DECREF(arg);
    return NULL;
  }
  PyEval_RestoreThread(save);
  Py_RETURN_NONE;
}
PyObject *(*const indexed[])(Obj *, PyObject *) = {good_index};
