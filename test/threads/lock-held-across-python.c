// RUN: %check_tidy %s cpython-threads-lock-held-across-python %t -python=3.13,3.15

#include <Python.h>
#include <pthread.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *h);
typedef struct {
  PyObject_HEAD
  PyMutex lock;
  PyObject *cache;
  Py_ssize_t count;
  PyObject *rest;
} Obj;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static PyObject *hook;

static PyObject *obj_swap(Obj *self, PyObject *v) {
  PyMutex_Lock(&self->lock);
  Py_XSETREF(self->cache, Py_NewRef(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_XSETREF' drops a reference, which can run Python code, while 'self->lock' is locked [cpython-threads-lock-held-across-python]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: locked here
  // CHECK-NOTES: :[[@LINE+6]]:3: note: code that needs the lock waits here
  PyMutex_Unlock(&self->lock);
  Py_RETURN_NONE;
}

static PyObject *obj_call(Obj *self, PyObject *fn) {
  PyMutex_Lock(&self->lock);
  PyObject *r = PyObject_CallNoArgs(fn);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyObject_CallNoArgs' runs Python code while 'self->lock' is locked [cpython-threads-lock-held-across-python]
  // CHECK-NOTES: :[[@LINE+4]]:3: note: 'PyErr_WarnEx' runs Python code while 'self->lock' is locked
  // CHECK-NOTES: :[[@LINE-4]]:3: note: locked here
  // CHECK-NOTES: :[[@LINE-15]]:3: note: code that needs the lock waits here
  self->count++;
  PyErr_WarnEx(PyExc_UserWarning, "called", 1);
  PyMutex_Unlock(&self->lock);
  return r;
}

// A helper that all callers call with the lock held.
static int notify(PyObject *arg) {
  PyObject *r = PyObject_CallOneArg(hook, arg);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyObject_CallOneArg' runs Python code while 'table_lock' is locked [cpython-threads-lock-held-across-python]
  // CHECK-NOTES: :[[@LINE+5]]:3: note: locked by the caller here
  Py_XDECREF(r);
  return r ? 0 : -1;
}
static PyObject *spam_notify(PyObject *m, PyObject *arg) {
  pthread_mutex_lock(&table_lock);
  int rc = notify(arg);
  pthread_mutex_unlock(&table_lock);
  return rc < 0 ? NULL : Py_NewRef(arg);
}

// Nothing below is wrong.

static PyObject *good_swap(Obj *self, PyObject *v) {
  PyMutex_Lock(&self->lock);
  PyObject *old = self->cache;
  self->cache = Py_NewRef(v);
  PyMutex_Unlock(&self->lock);
  Py_XDECREF(old);
  Py_RETURN_NONE;
}
static PyObject *good_bytes(Obj *self, PyObject *v) {
  PyMutex_Lock(&self->lock);
  Py_CLEAR(self->rest); // Bytes run nothing when they go.
  self->rest = PyBytes_FromStringAndSize(NULL, 3);
  PyMutex_Unlock(&self->lock);
  Py_RETURN_NONE;
}
static PyObject *good_leaf(Obj *self, PyObject *v) {
  PyObject *r;
  PyMutex_Lock(&self->lock);
  r = Py_XNewRef(self->cache);
  if (r == NULL)
    PyErr_SetString(PyExc_ValueError, "closed");
  self->count++;
  PyMutex_Unlock(&self->lock);
  return r;
}
static PyObject *good_section(Obj *self, PyObject *fn) {
  PyObject *r;
  Py_BEGIN_CRITICAL_SECTION(self);
  r = PyObject_CallNoArgs(fn);
  Py_END_CRITICAL_SECTION();
  return r;
}
static PyObject *good_after(Obj *self, PyObject *fn) {
  PyMutex_Lock(&self->lock);
  self->count++;
  PyMutex_Unlock(&self->lock);
  return PyObject_CallNoArgs(fn);
}
static PyObject *good_number(Obj *self, PyObject *ignored) {
  PyMutex_Lock(&self->lock);
  PyObject *r = PyLong_FromSsize_t(self->count);
  PyMutex_Unlock(&self->lock);
  return r;
}
