// RUN: %check_tidy %s cpython-state-static-freelist %t -python=3.13,3.15

#include <Python.h>

typedef struct obj {
  PyObject_HEAD
  struct obj *next;
} Obj;

// An array and its fill level.
static Obj *free_list[8];
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'free_list' keeps dead instances for reuse by all threads and interpreters; 'array_dealloc' puts them in and 'array_new' takes them out, with no lock in common [cpython-state-static-freelist]
// CHECK-NOTES: :[[@LINE+8]]:5: note: put in here, in 'array_dealloc'
// CHECK-NOTES: :[[@LINE+14]]:17: note: taken out here, in 'array_new'
// CHECK-NOTES: :[[@LINE+2]]:12: note: 'numfree' belongs to it
// CHECK-NOTES: :[[@LINE-5]]:13: note: free the instance instead: the allocator keeps lists of its own
static int numfree;
static void array_dealloc(PyObject *op) {
  Obj *self = (Obj *)op;
  if (numfree < 8) {
    free_list[numfree++] = self;
    return;
  }
  PyObject_Free(self);
}
static PyObject *array_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  if (numfree > 0) {
    Obj *self = free_list[--numfree];
    return PyObject_Init((PyObject *)self, type);
  }
  return type->tp_alloc(type, 0);
}

// A linked list, filled by a helper.
static Obj *head;
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'head' keeps dead instances for reuse by all threads and interpreters; 'put' puts them in and 'list_new' takes them out
// CHECK-NOTES: :[[@LINE+5]]:3: note: put in here, in 'put'
// CHECK-NOTES: :[[@LINE+8]]:7: note: taken out here, in 'list_new'
// CHECK-NOTES: :[[@LINE-4]]:13: note: free the instance
static void put(Obj *self) {
  self->next = head;
  head = self;
}
static void list_dealloc(Obj *self) { put(self); }
static PyObject *list_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  if (head) {
    Obj *self = head;
    head = self->next;
    return PyObject_Init((PyObject *)self, type);
  }
  return type->tp_alloc(type, 0);
}

// Under a lock: still one list for interpreters with memory of their own.
static PyMutex lock;
static Obj *locked;
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'locked' keeps dead instances for reuse by all interpreters, whose memory is not the same; 'locked_dealloc' puts them in and 'locked_new' takes them out [cpython-state-static-freelist]
// CHECK-NOTES: :[[@LINE+14]]:3: note: put in here, in 'locked_dealloc'
// CHECK-NOTES: :[[@LINE+4]]:15: note: taken out here, in 'locked_new'
// CHECK-NOTES: :[[@LINE-4]]:13: note: free the instance
static PyObject *locked_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyMutex_Lock(&lock);
  Obj *self = locked;
  if (self)
    locked = self->next;
  PyMutex_Unlock(&lock);
  return self ? PyObject_Init((PyObject *)self, type) : type->tp_alloc(type, 0);
}
static void locked_dealloc(Obj *self) {
  PyMutex_Lock(&lock);
  self->next = locked;
  locked = self;
  PyMutex_Unlock(&lock);
}

// --- Near misses ---------------------------------------------------------------

static _Thread_local Obj *of_thread;
static void thread_dealloc(Obj *self) {
  self->next = of_thread;
  of_thread = self;
}
static PyObject *thread_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = of_thread;
  if (self)
    of_thread = self->next;
  return (PyObject *)self;
}

// A list of living instances: what dies is taken out.
static Obj *living;
static void living_dealloc(Obj *self) {
  if (living == self)
    living = self->next;
  PyObject_Free(self);
}
static PyObject *living_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  self->next = living;
  living = self;
  return (PyObject *)self;
}

#ifndef Py_GIL_DISABLED
static int only_counted;
#endif
static void plain_dealloc(Obj *self) {
#ifndef Py_GIL_DISABLED
  only_counted--;
#endif
  PyObject_Free(self);
}

static PyTypeObject ListType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_dealloc = (destructor)list_dealloc, .tp_new = list_new};
static PyTypeObject ArrayType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_dealloc = array_dealloc, .tp_new = array_new};
static PyTypeObject LockedType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_dealloc = (destructor)locked_dealloc, .tp_new = locked_new};
static PyTypeObject ThreadType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_dealloc = (destructor)thread_dealloc, .tp_new = thread_new};
static PyTypeObject LivingType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_dealloc = (destructor)living_dealloc, .tp_new = living_new};
static PyTypeObject PlainType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_dealloc = (destructor)plain_dealloc};
