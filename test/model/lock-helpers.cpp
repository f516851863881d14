// Locks taken by the user's own helpers and guard classes.
// RUN: %pyext_tidy --dump-model %s -- -std=c++17 %python-3.13 > %t
// RUN: %python %S/accesses.py %t | FileCheck %s
// RUN: %pyext_tidy --dump-model %s -- -std=c++17 %python-3.15 -DPy_GIL_DISABLED=1 > %t.ft
// RUN: %python %S/accesses.py %t.ft | FileCheck %s
#include <Python.h>
#include <mutex>

static PyMutex mutex;
static std::mutex other;
static int by_helper, by_helper_argument, by_guard, after_guard, by_member, deferred, deferred_later, no_guard,
    by_delegated, unlocked, locked_again;

struct Obj {
  PyObject_HEAD
  PyMutex own;
  int field;
};

static void lock() { PyMutex_Lock(&mutex); }
static void unlock() { PyMutex_Unlock(&mutex); }
static void lock_object(Obj *o) { PyMutex_Lock(&o->own); }
static void unlock_object(Obj *o) { PyMutex_Unlock(&o->own); }

class Guard {
public:
  explicit Guard(PyMutex &m) : m(m) { PyMutex_Lock(&this->m); }
  explicit Guard(Obj *o) : Guard(o->own) {}
  ~Guard() { PyMutex_Unlock(&m); }

private:
  PyMutex &m;
};

// Gives the lock back for its lifetime.
class Unlock {
public:
  explicit Unlock(Obj *o) : o(o) { PyMutex_Unlock(&o->own); }
  ~Unlock() { PyMutex_Lock(&o->own); }

private:
  Obj *o;
};

// Takes the lock, but not for its lifetime.
class NoGuard {
public:
  explicit NoGuard(PyMutex &m) {
    PyMutex_Lock(&m);
    PyMutex_Unlock(&m);
  }
  ~NoGuard() {}
};

class Table {
public:
  void acquire() { PyMutex_Lock(&m); }
  void release() { PyMutex_Unlock(&m); }
  void set() {
    acquire();
    by_member = 1;
    release();
  }

private:
  PyMutex m;
};

PyObject *method(PyObject *op, PyObject *) {
  Obj *self = reinterpret_cast<Obj *>(op);
  lock();
  by_helper = 1;
  unlock();
  lock_object(self);
  by_helper_argument = 1;
  {
    Unlock unlock(self);
    unlocked = 1;
  }
  locked_again = 1;
  unlock_object(self);
  {
    Guard guard(mutex);
    by_guard = 1;
  }
  after_guard = 1;
  {
    Guard guard(self);
    by_delegated = 1;
  }
  std::unique_lock<std::mutex> late(other, std::defer_lock);
  deferred = 1;
  late.lock();
  deferred_later = 1;
  late.unlock();
  NoGuard none(mutex);
  no_guard = 1;
  return nullptr;
}

// CHECK: by_helper write method [PyMutex mutex]
// CHECK: by_helper_argument write method [PyMutex op->own]
// CHECK: by_guard write method [PyMutex mutex]
// CHECK: after_guard write method []
// CHECK: by_member write Table::set [PyMutex m]
// CHECK: deferred write method []
// CHECK: deferred_later write method [mutex other]
// CHECK: no_guard write method []
// CHECK: by_delegated write method [PyMutex op->own]
// CHECK: unlocked write method []
// CHECK: locked_again write method [PyMutex op->own]
