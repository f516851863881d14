// RUN: %check_tidy %s cpython-state-self-state-in-allow-threads %t -python=3.13,3.15

// What was read before the thread detached, and is used when it is attached again.
#include <Python.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *);
void lib_wait(void);
typedef struct {
  PyObject_HEAD
  char *buffer;
  Py_ssize_t size;
  lib_handle *handle;
  int busy;
  char *held;
  PyThread_type_lock lock;
  char *locked;
} Obj;

static PyObject *obj_pointer(Obj *self, PyObject *ignored) {
  char *p = self->buffer;
  Py_BEGIN_ALLOW_THREADS
  lib_wait();
  Py_END_ALLOW_THREADS
  return PyBytes_FromString(p);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'p' may no longer be what 'self->buffer' points to: the thread was detached since, and even with the GIL 'obj_close' can run meanwhile [cpython-state-self-state-in-allow-threads]
  // CHECK-NOTES: :[[@LINE-6]]:13: note: read here
  // CHECK-NOTES: :[[@LINE-4]]:3: note: attached again here
  // CHECK-NOTES: :[[@LINE+71]]:3: note: another thread can replace it here
}

static PyObject *obj_length(Obj *self, PyObject *ignored) {
  Py_ssize_t n = self->size;
  long sum = 0;
  Py_BEGIN_ALLOW_THREADS
  lib_wait();
  Py_END_ALLOW_THREADS
  for (Py_ssize_t i = 0; i < n; i++)
    sum += self->buffer[i];
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'n' may no longer be 'self->size': the thread was detached since, and even with the GIL 'obj_close' can run meanwhile [cpython-state-self-state-in-allow-threads]
  // CHECK-NOTES: :[[@LINE-8]]:18: note: read here
  // CHECK-NOTES: :[[@LINE-5]]:3: note: attached again here
  // CHECK-NOTES: :[[@LINE+58]]:3: note: another thread can replace it here
  return PyLong_FromLong(sum);
}

static PyObject *obj_tested(Obj *self, PyObject *ignored) {
  if (self->handle == NULL)
    return PyErr_Format(PyExc_ValueError, "closed");
  Py_BEGIN_ALLOW_THREADS
  lib_wait();
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(lib_do(self->handle));
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'self->handle' may be null now, though it was tested: the thread was detached since, and even with the GIL 'obj_close' can run meanwhile [cpython-state-self-state-in-allow-threads]
  // CHECK-NOTES: :[[@LINE-7]]:7: note: tested here
  // CHECK-NOTES: :[[@LINE-4]]:3: note: attached again here
  // CHECK-NOTES: :[[@LINE+45]]:3: note: another thread can replace it here
}

// --- Read or tested again, or kept from the others ----------------------------------

static PyObject *good_again(Obj *self, PyObject *ignored) {
  char *p = self->buffer;
  Py_BEGIN_ALLOW_THREADS
  lib_wait();
  Py_END_ALLOW_THREADS
  p = self->buffer;
  return p ? PyBytes_FromStringAndSize(p, self->size) : Py_NewRef(Py_None);
}
static PyObject *good_compared(Obj *self, PyObject *ignored) {
  Py_ssize_t n = self->size;
  Py_BEGIN_ALLOW_THREADS
  lib_wait();
  Py_END_ALLOW_THREADS
  if (n != self->size)
    return PyErr_Format(PyExc_ValueError, "changed");
  return PyLong_FromLong(self->buffer[n]);
}
static PyObject *good_tested(Obj *self, PyObject *ignored) {
  if (self->handle == NULL)
    return PyErr_Format(PyExc_ValueError, "closed");
  Py_BEGIN_ALLOW_THREADS
  lib_wait();
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(self->handle ? lib_do(self->handle) : 0);
}
// A mark that the others look at.
static PyObject *good_marked(Obj *self, PyObject *ignored) {
  char *p = self->held;
  self->busy = 1;
  Py_BEGIN_ALLOW_THREADS
  lib_wait();
  Py_END_ALLOW_THREADS
  self->busy = 0;
  return PyBytes_FromString(p);
}

static PyObject *obj_close(Obj *self, PyObject *ignored) {
  PyMem_Free(self->buffer);
  self->buffer = NULL;
  self->size = 0;
  self->handle = NULL;
  if (!self->busy) {
    PyMem_Free(self->held);
    self->held = NULL;
  }
  Py_RETURN_NONE;
}

static PyMethodDef obj_methods[] = {
    {"pointer", (PyCFunction)obj_pointer, METH_NOARGS, NULL},
    {"length", (PyCFunction)obj_length, METH_NOARGS, NULL},
    {"tested", (PyCFunction)obj_tested, METH_NOARGS, NULL},
    {"again", (PyCFunction)good_again, METH_NOARGS, NULL},
    {"compared", (PyCFunction)good_compared, METH_NOARGS, NULL},
    {"good_tested", (PyCFunction)good_tested, METH_NOARGS, NULL},
    {"marked", (PyCFunction)good_marked, METH_NOARGS, NULL},
    {"close", (PyCFunction)obj_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
