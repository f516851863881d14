// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13,3.15

#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct hash_state hash_state;
void hash_update(hash_state *state, const char *data, size_t size);
unsigned hash_digest(const hash_state *state);

typedef struct {
  int position;
  int limit;
} Cursor;

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
  char *buf;
  Py_ssize_t size;
  atomic_int atomic;
  hash_state *state;
  Cursor cursor;
  Cursor *far;
  int guarded;
  pthread_mutex_t native;
  int limit; // read only after __new__()
  FILE *log; // stdio has its own locks
} Obj;

static PyObject *obj_next_id(Obj *self, PyObject *unused) {
  return PyLong_FromSsize_t(self->count++);
// CHECK-MESSAGES: :[[@LINE-1]]:29: warning: 'obj_next_id' changes 'count' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-3]]:18: note: 'obj_next_id' is the method 'next_id' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-17]]:14: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
}

static PyObject *obj_push(Obj *self, PyObject *value) {
  char *p = PyMem_Realloc(self->buf, self->size + 1);
  if (p == NULL)
    return PyErr_NoMemory();
  self->buf = p;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_push' changes 'buf' of 'Obj' without a lock while another thread in the same function can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-5]]:27: note: 'obj_push' reads 'buf' here without a lock
// CHECK-NOTES: :[[@LINE+3]]:3: note: 'obj_push' reads 'buf' here without a lock
// CHECK-NOTES: :[[@LINE-8]]:18: note: 'obj_push' is the method 'push' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-28]]:9: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  self->buf[self->size++] = 'x';
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'obj_push' changes 'size' of 'Obj' without a lock while 'obj_length' can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-11]]:38: note: 'obj_push' reads 'size' here without a lock
// CHECK-NOTES: :[[@LINE+5]]:50: note: 'obj_length' reads 'size' here without a lock
// CHECK-NOTES: :[[@LINE-14]]:18: note: 'obj_push' is the method 'push' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-33]]:14: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  Py_RETURN_NONE;
}
static Py_ssize_t obj_length(Obj *self) { return self->size; }

// The state behind the pointer is changed by a library.
static PyObject *obj_update(Obj *self, PyObject *bytes) {
  hash_update(self->state, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
// CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'obj_update' changes what is behind 'state' of 'Obj' without a lock while 'obj_digest' can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+6]]:46: note: 'obj_digest' reads what is behind 'state' here without a lock
// CHECK-NOTES: :[[@LINE-4]]:18: note: 'obj_update' is the method 'update' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-42]]:15: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  Py_RETURN_NONE;
}
static PyObject *obj_digest(Obj *self, PyObject *unused) {
  return PyLong_FromUnsignedLong(hash_digest(self->state));
}

// A struct within the object, and one behind it, through helpers.
static int advance(Cursor *cursor) { return cursor->position++; }
// CHECK-MESSAGES: :[[@LINE-1]]:45: warning: 'advance' changes 'cursor.position' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+7]]:18: note: 'obj_step' is the method 'step' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE+7]]:26: note: 'obj_step' comes to 'advance' without a lock
// CHECK-NOTES: :[[@LINE-53]]:10: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
// CHECK-MESSAGES: :[[@LINE-5]]:45: warning: 'advance' changes 'far->position' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+6]]:18: note: 'obj_step_far' is the method 'step_far' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE+7]]:26: note: 'obj_step_far' comes to 'advance' without a lock
// CHECK-NOTES: :[[@LINE-56]]:11: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
static PyObject *obj_step(Obj *self, PyObject *unused) {
  return PyLong_FromLong(advance(&self->cursor) + self->cursor.limit);
}
static PyObject *obj_step_far(Obj *self, PyObject *unused) {
  Cursor *cursor = self->far;
  return PyLong_FromLong(advance(cursor));
}

static PyObject *obj_guarded(Obj *self, PyObject *unused) {
  pthread_mutex_lock(&self->native);
  int value = ++self->guarded;
  pthread_mutex_unlock(&self->native);
  return PyLong_FromLong(value);
}
static void bump_lock_held(Obj *self) { self->guarded++; }
static PyObject *obj_bump(Obj *self, PyObject *unused) {
  pthread_mutex_lock(&self->native);
  bump_lock_held(self);
  pthread_mutex_unlock(&self->native);
  Py_RETURN_NONE;
}

static PyObject *obj_tick(Obj *self, PyObject *unused) {
  atomic_fetch_add(&self->atomic, 1);
  fputs("tick", self->log);
  return PyLong_FromLong(self->limit);
}

static PyObject *obj_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self != NULL) {
    self->limit = 10;
    self->cursor.limit = 10;
    self->guarded++;
  }
  return (PyObject *)self;
}

static PyMethodDef obj_methods[] = {
    {"next_id", (PyCFunction)obj_next_id, METH_NOARGS, NULL},
    {"push", (PyCFunction)obj_push, METH_O, NULL},
    {"update", (PyCFunction)obj_update, METH_O, NULL},
    {"digest", (PyCFunction)obj_digest, METH_NOARGS, NULL},
    {"step", (PyCFunction)obj_step, METH_NOARGS, NULL},
    {"step_far", (PyCFunction)obj_step_far, METH_NOARGS, NULL},
    {"guarded", (PyCFunction)obj_guarded, METH_NOARGS, NULL},
    {"bump", (PyCFunction)obj_bump, METH_NOARGS, NULL},
    {"tick", (PyCFunction)obj_tick, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PySequenceMethods obj_as_sequence = {.sq_length = (lenfunc)obj_length};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_as_sequence = &obj_as_sequence,
    .tp_methods = obj_methods,
    .tp_new = obj_new,
};
