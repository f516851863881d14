// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13,3.15

// Who runs when, and what is private.
#include <Python.h>
#include <stdlib.h>

typedef struct Node {
  struct Node *next;
  int value;
} Node;

typedef struct {
  PyObject_HEAD
  Node *nodes;   // a list that belongs to the object
  int closed;
  int built;     // set by __new__(), __init__() and helpers of theirs
  int pickled;   // set by __setstate__()
  int dead;      // changed while the object dies
  int nested;    // the lock is taken two calls up
  int exported;  // changed by a function that other files call
} Obj;

// The nodes are private until they are linked.
static Node *make_node(int value) {
  Node *node = malloc(sizeof(Node));
  if (node != NULL) {
    node->next = NULL;
    node->value = value;
  }
  return node;
}
static PyObject *obj_prepend(Obj *self, PyObject *unused) {
  Node *node = make_node(1);
  node->next = self->nodes;
  self->nodes = node;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_prepend' changes 'nodes' of 'Obj' without a lock while 'obj_sum' can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-3]]:16: note: 'obj_prepend' reads 'nodes' here without a lock
// CHECK-NOTES: :[[@LINE+7]]:21: note: 'obj_sum' reads 'nodes' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:18: note: 'obj_prepend' is the method 'prepend' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-26]]:9: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  Py_RETURN_NONE;
}
static PyObject *obj_sum(Obj *self, PyObject *unused) {
  long sum = 0;
  for (Node *node = self->nodes; node != NULL; node = node->next)
    sum += node->value;
  return PyLong_FromLong(sum);
}

// A state that is tested and then changed: two threads can both close it.
static PyObject *obj_close(Obj *self, PyObject *unused) {
  if (self->closed)
    return NULL;
  self->closed = 1;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_close' changes 'closed' of 'Obj' without a lock while another thread in the same function can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-4]]:7: note: 'obj_close' reads 'closed' here without a lock
// CHECK-NOTES: :[[@LINE-6]]:18: note: 'obj_close' is the method 'close' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-43]]:7: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  Py_RETURN_NONE;
}

static void build(Obj *self) { self->built++; }
static PyObject *obj_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self != NULL)
    build(self);
  return (PyObject *)self;
}
static int obj_init(Obj *self, PyObject *args, PyObject *kwargs) {
  build(self);
  return 0;
}
static PyObject *obj_built(Obj *self, PyObject *unused) {
  return PyLong_FromLong(self->built + self->pickled);
}
static PyObject *obj_setstate(Obj *self, PyObject *state) {
  self->pickled++;
  Py_RETURN_NONE;
}
static void obj_dealloc(Obj *self) {
  self->dead++;
  Py_TYPE(self)->tp_free(self);
}

static void inner(Obj *self) { self->nested++; }
static void outer(Obj *self) { inner(self); }
static PyObject *obj_outer(Obj *self, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(self);
  outer(self);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// Its callers are in another file, and so may be the lock.
int obj_change_exported(Obj *self);
int obj_change_exported(Obj *self) { return self->exported++; }

static PyMethodDef obj_methods[] = {
    {"prepend", (PyCFunction)obj_prepend, METH_NOARGS, NULL},
    {"sum", (PyCFunction)obj_sum, METH_NOARGS, NULL},
    {"close", (PyCFunction)obj_close, METH_NOARGS, NULL},
    {"built", (PyCFunction)obj_built, METH_NOARGS, NULL},
    {"__setstate__", (PyCFunction)obj_setstate, METH_O, NULL},
    {"outer", (PyCFunction)obj_outer, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyType_Spec obj_spec = {
    .name = "demo.Obj",
    .basicsize = sizeof(Obj),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = (PyType_Slot[]){{Py_tp_new, obj_new},
                             {Py_tp_init, obj_init},
                             {Py_tp_dealloc, obj_dealloc},
                             {Py_tp_methods, obj_methods},
                             {0, NULL}},
};
