// Ways to write a change, and ways to hold a lock around it.
// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -no-fix -python=3.13 -config=ft

#include <Python.h>
#include <pthread.h>

typedef struct {
  int head, tail;
  void **ring;
} Queue;
typedef struct {
  PyObject_HEAD
  PyMutex first, second;
  pthread_rwlock_t readers;
  Queue queue;
  unsigned flags : 4;
  int *place;
  int pointed, chosen, state;
  int nested, shared, read_only, jumped, chosen_under_lock, by_macro;
} Obj;

static void push(Queue *queue, void *item) {
  queue->ring[queue->tail++] = item;
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'push' changes 'queue.tail' of 'Obj' without a lock
}
static PyObject *obj_push(Obj *self, PyObject *value) {
  push(&self->queue, Py_NewRef(value));
  Py_RETURN_NONE;
}
static PyObject *obj_flag(Obj *self, PyObject *unused) {
  self->flags |= 2;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_flag' changes 'flags' of 'Obj' without a lock
  return PyLong_FromLong(self->flags);
}
static PyObject *obj_point(Obj *self, PyObject *unused) {
  int *where = &self->pointed;
  (*where)++;
  // CHECK-MESSAGES: :[[@LINE-1]]:4: warning: 'obj_point' changes 'pointed' of 'Obj' without a lock
  return PyLong_FromLong(*where);
}
static PyObject *obj_choose(Obj *self, PyObject *value) {
  int result;
  switch (PyLong_AsLong(value)) {
  case 1:
    self->chosen = 1;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'obj_choose' changes 'chosen' of 'Obj' without a lock
    break;
  case 2:
    PyMutex_Lock(&self->first);
    self->chosen_under_lock = 2;
    PyMutex_Unlock(&self->first);
    break;
  default:
    return PyLong_FromLong(self->chosen);
  }
  PyMutex_Lock(&self->first);
  result = self->chosen_under_lock;
  PyMutex_Unlock(&self->first);
  return PyLong_FromLong(result);
}
// Two threads both find it idle.
static PyObject *obj_work(Obj *self, PyObject *value) {
  if (self->state != 0)
    return PyErr_Format(PyExc_RuntimeError, "busy");
  self->state = 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_work' changes 'state' of 'Obj' without a lock
  PyObject *result = PyObject_Str(value);
  self->state = 0;
  return result;
}

// One lock within another; the outer one is what both have.
static PyObject *obj_nest(Obj *self, PyObject *unused) {
  PyMutex_Lock(&self->first);
  PyMutex_Lock(&self->second);
  self->nested++;
  PyMutex_Unlock(&self->second);
  PyMutex_Unlock(&self->first);
  Py_RETURN_NONE;
}
static PyObject *obj_nested(Obj *self, PyObject *unused) {
  PyMutex_Lock(&self->second);
  int result = self->nested;
  PyMutex_Unlock(&self->second);
  return PyLong_FromLong(result);
}
static PyObject *obj_share(Obj *self, PyObject *unused) {
  pthread_rwlock_wrlock(&self->readers);
  self->shared++;
  pthread_rwlock_unlock(&self->readers);
  Py_RETURN_NONE;
}
static PyObject *obj_shared(Obj *self, PyObject *unused) {
  pthread_rwlock_rdlock(&self->readers);
  int result = self->shared;
  pthread_rwlock_unlock(&self->readers);
  return PyLong_FromLong(result);
}
// Readers let each other in: not the lock for a change.
static PyObject *obj_read_only(Obj *self, PyObject *unused) {
  pthread_rwlock_rdlock(&self->readers);
  self->read_only++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_read_only' changes 'read_only' of 'Obj' under a lock that {{.*}}
  pthread_rwlock_unlock(&self->readers);
  Py_RETURN_NONE;
}
static PyObject *obj_jump(Obj *self, PyObject *unused) {
  PyObject *result = NULL;
  PyMutex_Lock(&self->first);
  if (self->jumped > 3)
    goto done;
  self->jumped++;
  result = Py_NewRef(Py_None);
done:
  PyMutex_Unlock(&self->first);
  return result;
}
#define LOCKED(self, statement)                                                \
  do {                                                                         \
    PyMutex_Lock(&(self)->first);                                              \
    statement;                                                                 \
    PyMutex_Unlock(&(self)->first);                                            \
  } while (0)
static PyObject *obj_macro(Obj *self, PyObject *unused) {
  LOCKED(self, self->by_macro++);
  Py_RETURN_NONE;
}

static PyMethodDef obj_methods[] = {{"push", (PyCFunction)obj_push, METH_O, NULL},
                                    {"flag", (PyCFunction)obj_flag, METH_NOARGS, NULL},
                                    {"point", (PyCFunction)obj_point, METH_NOARGS, NULL},
                                    {"choose", (PyCFunction)obj_choose, METH_O, NULL},
                                    {"work", (PyCFunction)obj_work, METH_O, NULL},
                                    {"nest", (PyCFunction)obj_nest, METH_NOARGS, NULL},
                                    {"nested", (PyCFunction)obj_nested, METH_NOARGS, NULL},
                                    {"share", (PyCFunction)obj_share, METH_NOARGS, NULL},
                                    {"shared", (PyCFunction)obj_shared, METH_NOARGS, NULL},
                                    {"read_only", (PyCFunction)obj_read_only, METH_NOARGS, NULL},
                                    {"jump", (PyCFunction)obj_jump, METH_NOARGS, NULL},
                                    {"macro", (PyCFunction)obj_macro, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
