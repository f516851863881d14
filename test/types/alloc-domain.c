// RUN: %check_tidy %s cpython-types-alloc-domain %t

#include <Python.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  PyObject_HEAD
  char *buf;
  long *numbers;
  char *mixed;
  void *opaque;
  char *shared;
} Obj;

struct node {
  struct node *next;
  int value;
};

// Not an object.

static int alloc_buf(Obj *self, Py_ssize_t n) {
  self->buf = (char *)PyObject_Malloc(n);
  // CHECK-MESSAGES: :[[@LINE-1]]:23: warning: 'PyObject_Malloc' allocates 'buf', which is no Python object: without the GIL a thread can still read freed memory of the object domain as if it were an object [cpython-types-alloc-domain]
  // CHECK-FIXES: self->buf = (char *)PyMem_Malloc(n);
  return self->buf ? 0 : -1;
}
static int grow_buf(Obj *self, Py_ssize_t n) {
  char *buf = (char *)PyObject_Realloc(self->buf, n);
  // CHECK-FIXES: char *buf = (char *)PyMem_Realloc(self->buf, n);
  if (!buf)
    return -1;
  self->buf = buf;
  return 0;
}
static void free_buf(Obj *self) {
  PyObject_Free(self->buf);
  // CHECK-FIXES: PyMem_Free(self->buf);
}

static int sum(int n) {
  struct node *nodes = (struct node *)PyObject_Calloc(n, sizeof *nodes);
  // CHECK-MESSAGES: :[[@LINE-1]]:39: warning: 'PyObject_Calloc' allocates 'nodes', which is no Python object: without the GIL a thread can still read freed memory of the object domain as if it were an object
  // CHECK-FIXES: struct node *nodes = (struct node *)PyMem_Calloc(n, sizeof *nodes);
  if (!nodes)
    return -1;
  int total = nodes[0].value;
  PyObject_Free(nodes);
  // CHECK-FIXES: PyMem_Free(nodes);
  return total;
}

// Handed on: no fix.
static char *copy(const char *text) {
  char *result = (char *)PyObject_Malloc(strlen(text) + 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'PyObject_Malloc' allocates 'result', which is no Python object: without the GIL a thread can still read freed memory of the object domain as if it were an object
  if (result)
    strcpy(result, text);
  return result;
}

// Freed by another family.

static int alloc_numbers(Obj *self, Py_ssize_t n) {
  self->numbers = PyMem_New(long, n);
  return self->numbers ? 0 : -1;
}
static void free_numbers(Obj *self) {
  free(self->numbers);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'free' frees 'numbers', which 'PyMem_Malloc' allocated: they belong to different allocators
}
static void mixed(void) {
  char *p = (char *)malloc(8);
  PyMem_Free(p);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyMem_Free' frees 'p', which 'malloc' allocated: they belong to different allocators
  char *q = (char *)PyMem_RawMalloc(8);
  PyMem_Free(q);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyMem_Free' frees 'q', which 'PyMem_RawMalloc' allocated: they belong to different allocators
  PyTypeObject *tp = &PyList_Type;
  Obj *op = PyObject_New(Obj, tp);
  PyMem_Free(op);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyMem_Free' frees 'op', which 'PyObject_New' allocated: they belong to different allocators
}

// An object from elsewhere.

static PyObject *make(PyTypeObject *tp) {
  Obj *self = (Obj *)malloc(sizeof(Obj));
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'malloc' allocates the memory of the Python object 'self': without the GIL the memory of objects must come from the object domain, as tp_alloc takes it
  return PyObject_Init((PyObject *)self, tp);
}
static PyObject *make_raw(PyTypeObject *tp) {
  void *memory = PyMem_Malloc(sizeof(Obj));
  // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'PyMem_Malloc' allocates the memory of the Python object 'memory': without the GIL the memory of objects must come from the object domain, as tp_alloc takes it
  return PyObject_Init((PyObject *)memory, tp);
}

// Right.

static PyObject *make_well(PyTypeObject *tp) {
  Obj *self = (Obj *)PyObject_Malloc(sizeof(Obj));
  return self ? PyObject_Init((PyObject *)self, tp) : NULL;
}
static PyObject *make_new(PyTypeObject *tp) {
  Obj *self = PyObject_New(Obj, tp);
  if (self && !alloc_buf(self, 8)) {
    PyObject_Free(self);
    return NULL;
  }
  return (PyObject *)self;
}
static int opaque(Obj *self) {
  self->opaque = PyObject_Malloc(8); // Nobody knows what it is.
  char *p = (char *)PyMem_Malloc(8);
  char *q = p;
  PyMem_Free(q);
  PyObject **items = (PyObject **)PyMem_Malloc(8 * sizeof *items); // Pointers to objects.
  PyMem_Free(items);
  return 0;
}
// Either of two, and freed accordingly.
static void either(Obj *self, int raw) {
  if (raw)
    self->shared = (char *)malloc(8);
  else
    self->shared = (char *)PyMem_Malloc(8);
}
static void free_either(Obj *self, int raw) {
  if (raw)
    free(self->shared);
  else
    PyMem_Free(self->shared);
}
// The other way of filling it is in another file.
static void fill(Obj *self) { self->mixed = (char *)PyMem_Malloc(8); }
static void free_mixed(Obj *self, int raw) {
  if (raw)
    free(self->mixed);
  else
    PyMem_Free(self->mixed);
}
// One variable for two fields.
static void two(Obj *self, Obj *other) {
  char *p = self->shared;
  free(p);
  p = other->buf;
  PyObject_Free(p);
}
