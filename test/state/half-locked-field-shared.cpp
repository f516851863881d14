// RUN: %check_tidy %s cpython-state-half-locked-field %t -python=3.13 -config=ft -std=c++17 -suffix=HALF
// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13 -config=ft -std=c++17 -suffix=RMW

// A lock that readers share keeps writers out only when these take it alone, and
// the attributes of Clang's thread-safety analysis say who holds what.

#include <Python.h>
#include <mutex>
#include <pthread.h>
#include <shared_mutex>

class __attribute__((capability("mutex"))) Mutex {
public:
  void lock() __attribute__((acquire_capability()));
  void unlock() __attribute__((release_capability()));
};
class __attribute__((scoped_lockable)) Guard {
public:
  explicit Guard(Mutex &mutex) __attribute__((acquire_capability(mutex)));
  ~Guard() __attribute__((release_capability()));
};

static Mutex table_mutex;

struct Obj {
  PyObject_HEAD
  std::shared_mutex readers;
  pthread_rwlock_t rwlock;
  Mutex mutex;
  long good;    // written alone, read together
  long bad;     // written by readers
  long posix;   // likewise, with the functions of POSIX
  long declared; // the attributes say that the lock is held
  long scoped;
  long loose;
};

static PyObject *obj_read(Obj *self, PyObject *) {
  std::shared_lock<std::shared_mutex> lock(self->readers);
  return PyLong_FromLong(self->good + self->bad);
}
static PyObject *obj_write(Obj *self, PyObject *) {
  std::unique_lock<std::shared_mutex> lock(self->readers);
  self->good++;
  Py_RETURN_NONE;
}
static PyObject *obj_write_shared(Obj *self, PyObject *) {
  std::shared_lock<std::shared_mutex> lock(self->readers);
  self->bad++;
// CHECK-MESSAGES-RMW: :[[@LINE-1]]:3: warning: 'obj_write_shared' changes 'bad' of 'Obj' under a lock that readers share while 'obj_read' can be reading it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static PyObject *obj_posix(Obj *self, PyObject *) {
  pthread_rwlock_rdlock(&self->rwlock);
  self->posix++;
// CHECK-MESSAGES-RMW: :[[@LINE-1]]:3: warning: 'obj_posix' changes 'posix' of 'Obj' under a lock that readers share while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  pthread_rwlock_unlock(&self->rwlock);
  Py_RETURN_NONE;
}

static void declared_step(Obj *self) __attribute__((requires_capability(table_mutex)));
static void declared_step(Obj *self) {
  self->declared++;
  self->loose++;
}
static PyObject *obj_declared(Obj *self, PyObject *) {
  table_mutex.lock();
  declared_step(self);
  self->declared++;
  table_mutex.unlock();
  return PyLong_FromLong(self->loose);
// CHECK-MESSAGES-HALF: :[[@LINE-1]]:26: warning: 'obj_declared' reads 'loose' of 'Obj' without the lock that 'declared_step' holds where it changes it [cpython-state-half-locked-field]
}
static PyObject *obj_scoped(Obj *self, PyObject *) {
  Guard guard(self->mutex);
  return PyLong_FromLong(self->scoped++);
}
static PyObject *obj_scoped_method(Obj *self, PyObject *) {
  self->mutex.lock();
  long value = self->scoped++;
  self->mutex.unlock();
  return PyLong_FromLong(value);
}

#define METHOD(name) {#name, reinterpret_cast<PyCFunction>(obj_##name), METH_NOARGS, nullptr}
static PyMethodDef obj_methods[] = {
    METHOD(read), METHOD(write), METHOD(write_shared), METHOD(posix),
    METHOD(declared), METHOD(scoped), METHOD(scoped_method),
    {nullptr, nullptr, 0, nullptr}};
static PyType_Slot obj_slots[] = {{Py_tp_methods, obj_methods}, {0, nullptr}};
PyType_Spec obj_spec = {"demo.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, obj_slots};
