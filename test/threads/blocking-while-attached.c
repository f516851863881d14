// RUN: %check_tidy %s cpython-threads-blocking-while-attached %t -python=3.13,3.15

#include <Python.h>
#include <pthread.h>
#include <unistd.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *h);
typedef struct {
  PyObject_HEAD
  lib_handle *h;
  pthread_t thread;
} Obj;
static pthread_mutex_t io_mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t leaf_mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t run_mu = PTHREAD_MUTEX_INITIALIZER;
static PyMutex own_mu;
static long count;

static PyObject *obj_run(Obj *self, PyObject *ignored) {
  pthread_mutex_lock(&io_mu);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the thread waits for 'io_mu' while it is attached, and who has it may have to wait for this thread [cpython-threads-blocking-while-attached]
  // CHECK-NOTES: :[[@LINE+4]]:3: note: 'Py_END_ALLOW_THREADS' can wait until it is attached while 'io_mu' is locked
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_do(self->h);
  Py_END_ALLOW_THREADS
  pthread_mutex_unlock(&io_mu);
  return PyLong_FromLong(rc);
}

static PyObject *obj_join(Obj *self, PyObject *ignored) {
  pthread_join(self->thread, NULL);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'pthread_join' blocks the thread while it is attached: no other thread can run Python code with the GIL, or pause the others without it [cpython-threads-blocking-while-attached]
  // CHECK-NOTES: :[[@LINE+1]]:3: note: 'sleep' blocks it too
  sleep(1);
  Py_RETURN_NONE;
}

// Nothing below is wrong.

static PyObject *good_run(Obj *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  pthread_mutex_lock(&run_mu);
  rc = lib_do(self->h);
  pthread_mutex_unlock(&run_mu);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *good_leaf(Obj *self, PyObject *ignored) {
  pthread_mutex_lock(&leaf_mu);
  count++;
  pthread_mutex_unlock(&leaf_mu);
  Py_RETURN_NONE;
}
static PyObject *good_own(Obj *self, PyObject *fn) {
  int rc;
  PyMutex_Lock(&own_mu);
  Py_BEGIN_ALLOW_THREADS
  rc = lib_do(self->h);
  Py_END_ALLOW_THREADS
  PyMutex_Unlock(&own_mu);
  return PyLong_FromLong(rc);
}
static PyObject *good_join(Obj *self, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  pthread_join(self->thread, NULL);
  usleep(10);
  Py_END_ALLOW_THREADS
  sleep(0);
  Py_RETURN_NONE;
}
static void *worker(void *arg) {
  sleep(1);
  return NULL;
}
static PyObject *good_start(Obj *self, PyObject *ignored) {
  pthread_create(&self->thread, NULL, worker, NULL);
  Py_RETURN_NONE;
}
static PyMethodDef methods[] = {
    {"run", (PyCFunction)obj_run, METH_NOARGS, NULL},
    {"join", (PyCFunction)obj_join, METH_NOARGS, NULL},
    {"good_run", (PyCFunction)good_run, METH_NOARGS, NULL},
    {"good_leaf", (PyCFunction)good_leaf, METH_NOARGS, NULL},
    {"good_own", (PyCFunction)good_own, METH_O, NULL},
    {"good_join", (PyCFunction)good_join, METH_NOARGS, NULL},
    {"good_start", (PyCFunction)good_start, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyMethodDef *exported = methods;
