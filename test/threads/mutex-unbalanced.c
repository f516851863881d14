// RUN: %check_tidy %s cpython-threads-mutex-unbalanced %t -python=3.13,3.15

#include <Python.h>
#include <pthread.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *h);
typedef struct Node {
  struct Node *next;
  PyMutex lock;
} Node;
typedef struct {
  PyObject_HEAD
  lib_handle *h;
  PyMutex lock;
  pthread_mutex_t native;
  Py_ssize_t count;
} Obj;
static PyMutex table_lock;
static PyThread_type_lock old_lock;

static PyObject *obj_read(Obj *self, PyObject *ignored) {
  PyMutex_Lock(&self->lock);
  if (self->h == NULL) {
    PyErr_SetString(PyExc_ValueError, "closed");
    return NULL;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves 'self->lock' locked [cpython-threads-mutex-unbalanced]
    // CHECK-NOTES: :[[@LINE-5]]:3: note: locked here
  }
  int rc = lib_do(self->h);
  PyMutex_Unlock(&self->lock);
  return PyLong_FromLong(rc);
}

static int never(void) {
  PyMutex_Lock(&table_lock);
  return lib_do(NULL);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'return' leaves 'table_lock' locked [cpython-threads-mutex-unbalanced]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: locked here
}

static int native(Obj *self) {
  pthread_mutex_lock(&self->native);
  if (self->count == 0)
    return -1;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves 'self->native' locked [cpython-threads-mutex-unbalanced]
    // CHECK-NOTES: :[[@LINE-4]]:3: note: locked here
  self->count--;
  pthread_mutex_unlock(&self->native);
  return 0;
}

static int old(Obj *self) {
  PyThread_acquire_lock(old_lock, 1);
  if (self->count == 0)
    return -1;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves 'old_lock' locked [cpython-threads-mutex-unbalanced]
    // CHECK-NOTES: :[[@LINE-4]]:3: note: locked here
  PyThread_release_lock(old_lock);
  return 0;
}

static int twice(Obj *self) {
  PyMutex_Lock(&self->lock);
  if (self->count > 3)
    PyMutex_Lock(&self->lock);
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'self->lock' is locked already: the thread waits for itself [cpython-threads-mutex-unbalanced]
    // CHECK-NOTES: :[[@LINE-4]]:3: note: locked here
  self->count++;
  PyMutex_Unlock(&self->lock);
  return 0;
}

static int unlocked_twice(Obj *self) {
  int rc = 0;
  PyMutex_Lock(&self->lock);
  if (self->count > 3) {
    PyMutex_Unlock(&self->lock);
    rc = -1;
    goto done;
  }
  self->count++;
done:
  PyMutex_Unlock(&self->lock);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'self->lock' is unlocked here though it may not be locked any more [cpython-threads-mutex-unbalanced]
  // CHECK-NOTES: :[[@LINE-8]]:5: note: unlocked here already
  return rc;
}

// Nothing below is wrong.

static PyObject *good_read(Obj *self, PyObject *ignored) {
  int rc = 0, closed;
  PyMutex_Lock(&self->lock);
  closed = (self->h == NULL);
  if (!closed)
    rc = lib_do(self->h);
  PyMutex_Unlock(&self->lock);
  if (closed) {
    PyErr_SetString(PyExc_ValueError, "closed");
    return NULL;
  }
  return PyLong_FromLong(rc);
}

static int good_paths(Obj *self) {
  PyMutex_Lock(&self->lock);
  if (self->count == 0) {
    PyMutex_Unlock(&self->lock);
    return -1;
  }
  for (int i = 0; i < 3; i++) {
    PyMutex_Unlock(&self->lock);
    lib_do(self->h);
    PyMutex_Lock(&self->lock);
  }
  PyMutex_Unlock(&self->lock);
  return 0;
}

static int good_condition(Obj *self, int need) {
  if (need)
    PyMutex_Lock(&self->lock);
  self->count++;
  if (need)
    PyMutex_Unlock(&self->lock);
  return 0;
}

// One function locks, another unlocks.
static void obj_lock(Obj *self) { PyMutex_Lock(&self->lock); }
static void obj_unlock(Obj *self) { PyMutex_Unlock(&self->lock); }
static void obj_begin_update(Node *n) { PyMutex_Lock(&n->lock); }
static void obj_commit(Node *n) { PyMutex_Unlock(&n->lock); }
static int good_pair(Obj *self, Node *n) {
  obj_lock(self);
  obj_begin_update(n);
  self->count++;
  obj_commit(n);
  obj_unlock(self);
  PyMutex_Lock(&self->lock);
  obj_unlock(self);
  return 0;
}

// Hand over hand.
static int good_list(Node *n) {
  int count = 0;
  PyMutex_Lock(&n->lock);
  while (n->next != NULL) {
    Node *next = n->next;
    PyMutex_Lock(&next->lock);
    PyMutex_Unlock(&n->lock);
    n = next;
    count++;
  }
  PyMutex_Unlock(&n->lock);
  return count;
}

static int good_try(Obj *self) {
  if (pthread_mutex_trylock(&self->native) != 0)
    return -1;
  self->count++;
  pthread_mutex_unlock(&self->native);
  if (pthread_mutex_lock(&self->native))
    return -1;
  self->count++;
  pthread_mutex_unlock(&self->native);
  if (!PyThread_acquire_lock(old_lock, 0))
    return -1;
  PyThread_release_lock(old_lock);
  return 0;
}

// Two objects with a lock of the same name.
static int good_two(Obj *a, Obj *b) {
  PyMutex_Lock(&a->lock);
  PyMutex_Lock(&b->lock);
  a->count += b->count;
  PyMutex_Unlock(&b->lock);
  PyMutex_Unlock(&a->lock);
  return 0;
}

// Functions that do nothing but lock and unlock.
static void obj_enter(Obj *o) { PyMutex_Lock(&o->lock); }
static void obj_leave(Obj *o) { PyMutex_Unlock(&o->lock); }
static int through_helpers(Obj *self) {
  obj_enter(self);
  if (self->count < 0)
    return -1;
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves 'self->lock' locked
  // CHECK-NOTES: :[[@LINE-4]]:3: note: locked here
  self->count++;
  obj_leave(self);
  return 0;
}
static int good_helpers(Obj *self) {
  int rc = -1;
  obj_enter(self);
  if (self->count < 0)
    goto done;
  self->count++;
  rc = 0;
done:
  obj_leave(self);
  return rc;
}
