// RUN: %check_tidy %s cpython-state-self-state-in-allow-threads %t -python=3.13,3.15

#include <Python.h>

typedef struct handle handle;
int lib_do(handle *h);
int lib_ask(const handle *h);
void lib_close(handle *h);

typedef struct {
  PyObject_HEAD
  handle *h;
  handle *guarded;
  handle *fixed;
  int timeout;
  PyMutex lock;
} Obj;

static PyObject *obj_read(Obj *self, PyObject *unused) {
  int rc;
  if (self->h == NULL)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_do(self->h);
// CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'obj_read' uses 'h' of 'Obj' while detached; meanwhile, even with the GIL, 'obj_close' can free or replace it [cpython-state-self-state-in-allow-threads]
// CHECK-NOTES: :[[@LINE-5]]:7: note: 'obj_read' reads 'h' here without a lock
// CHECK-NOTES: :[[@LINE+15]]:13: note: 'obj_close' changes what is behind 'h' here without a lock
// CHECK-NOTES: :[[@LINE+9]]:20: note: 'obj_ask' reads what is behind 'h' here without a lock, while detached
// CHECK-NOTES: :[[@LINE-10]]:18: note: 'obj_read' is the method 'read' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-18]]:11: note: guard it with a mutex of the object that is taken after detaching, here and at the other places; a critical section ends when the thread detaches
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *obj_ask(Obj *self, PyObject *unused) {
  handle *h = self->h;
  PyThreadState *state = PyEval_SaveThread();
  int rc = lib_ask(h);
  PyEval_RestoreThread(state);
  return PyLong_FromLong(rc);
}
static PyObject *obj_close(Obj *self, PyObject *unused) {
  lib_close(self->h);
  self->h = NULL;
  Py_RETURN_NONE;
}

// A lock that is taken while detached keeps close() out.
static PyObject *obj_read_guarded(Obj *self, PyObject *unused) {
  int rc = 0;
  Py_BEGIN_ALLOW_THREADS
  PyMutex_Lock(&self->lock);
  if (self->guarded != NULL)
    rc = lib_do(self->guarded);
  PyMutex_Unlock(&self->lock);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *obj_close_guarded(Obj *self, PyObject *unused) {
  Py_BEGIN_ALLOW_THREADS
  PyMutex_Lock(&self->lock);
  if (self->guarded != NULL)
    lib_close(self->guarded);
  self->guarded = NULL;
  PyMutex_Unlock(&self->lock);
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

// Nobody closes this one before the object dies, and asking changes nothing.
static PyObject *obj_ask_fixed(Obj *self, PyObject *unused) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_ask(self->fixed);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static void obj_dealloc(Obj *self) {
  lib_close(self->fixed);
  Py_TYPE(self)->tp_free(self);
}

static PyMethodDef obj_methods[] = {
    {"read", (PyCFunction)obj_read, METH_NOARGS, NULL},
    {"ask", (PyCFunction)obj_ask, METH_NOARGS, NULL},
    {"close", (PyCFunction)obj_close, METH_NOARGS, NULL},
    {"read_guarded", (PyCFunction)obj_read_guarded, METH_NOARGS, NULL},
    {"close_guarded", (PyCFunction)obj_close_guarded, METH_NOARGS, NULL},
    {"ask_fixed", (PyCFunction)obj_ask_fixed, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_dealloc = (destructor)obj_dealloc,
    .tp_methods = obj_methods,
};
