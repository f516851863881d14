// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13,3.15

#include <Python.h>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

class Engine {
public:
  void add(int value) { items.push_back(value); }
  size_t size() const { return items.size(); }

private:
  std::vector<int> items;
};

class Counter {
public:
  int next() {
    std::lock_guard<std::mutex> guard(mutex);
    return ++value;
  }

private:
  std::mutex mutex;
  int value = 0;
};

struct Obj {
  PyObject_HEAD
  Engine engine;
  Counter counter;
  std::unique_ptr<Engine> owned;
  std::string name;
  std::mutex mutex;
  std::vector<int> guarded;
  long total;
  Engine numbers;
};

static PyObject *obj_add(PyObject *op, PyObject *unused) {
  auto *self = reinterpret_cast<Obj *>(op);
  self->engine.add(1);
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_add' changes 'engine' of 'Obj' without a lock while 'obj_size' can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+6]]:28: note: 'obj_size' reads 'engine' here without a lock
// CHECK-NOTES: :[[@LINE-5]]:18: note: 'obj_add' is the method 'add' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-16]]:10: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  Py_RETURN_NONE;
}
static PyObject *obj_size(PyObject *op, PyObject *unused) {
  return PyLong_FromSize_t(reinterpret_cast<Obj *>(op)->engine.size());
}
static PyObject *obj_add_owned(PyObject *op, PyObject *unused) {
  reinterpret_cast<Obj *>(op)->owned->add(1);
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_add_owned' changes 'owned' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-3]]:18: note: 'obj_add_owned' is the method 'add_owned' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-24]]:27: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  Py_RETURN_NONE;
}
static PyObject *obj_rename(PyObject *op, PyObject *unused) {
  Obj &self = *reinterpret_cast<Obj *>(op);
  self.name = "new";
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_rename' changes 'name' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+3]]:31: note: 'obj_rename' reads 'name' here without a lock
// CHECK-NOTES: :[[@LINE-5]]:18: note: 'obj_rename' is the method 'rename' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-32]]:15: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  return PyUnicode_FromString(self.name.c_str());
}
static PyObject *obj_guarded(PyObject *op, PyObject *unused) {
  auto *self = reinterpret_cast<Obj *>(op);
  std::scoped_lock guard(self->mutex);
  self->guarded.push_back(self->counter.next());
  Py_RETURN_NONE;
}

// A new object in the hands of a class with a second argument.
class Owner {
public:
  explicit Owner(PyObject *object, bool borrowed = false) : held(object) {
    if (borrowed)
      Py_XINCREF(held);
  }
  ~Owner() { Py_XDECREF(held); }
  PyObject *get() const { return held; }
  PyObject *release() {
    PyObject *result = held;
    held = nullptr;
    return result;
  }

private:
  PyObject *held;
};
static PyObject *obj_copy(PyObject *op, PyObject *unused) {
  Owner made(PyType_GenericNew(Py_TYPE(op), nullptr, nullptr));
  if (!made.get())
    return nullptr;
  auto *copy = reinterpret_cast<Obj *>(made.get());
  copy->total = 1;
  return made.release();
}
static PyObject *obj_total(PyObject *op, PyObject *unused) {
  return PyLong_FromLong(reinterpret_cast<Obj *>(op)->total);
}

// A lock that is nothing where the GIL is one.
static std::recursive_mutex everything;
#ifdef Py_GIL_DISABLED
#define ENTER() everything.lock()
#define LEAVE() everything.unlock()
#else
#define ENTER()
#define LEAVE()
#endif
static PyObject *obj_count(PyObject *op, PyObject *unused) {
  auto *self = reinterpret_cast<Obj *>(op);
  ENTER();
  self->numbers.add(1);
  LEAVE();
  Py_RETURN_NONE;
}
static PyObject *obj_counted(PyObject *op, PyObject *unused) {
  ENTER();
  size_t result = reinterpret_cast<Obj *>(op)->numbers.size();
  LEAVE();
  return PyLong_FromSize_t(result);
}

static PyMethodDef obj_methods[] = {
    {"copy", obj_copy, METH_NOARGS, nullptr},
    {"total", obj_total, METH_NOARGS, nullptr},
    {"count", obj_count, METH_NOARGS, nullptr},
    {"counted", obj_counted, METH_NOARGS, nullptr},
    {"add", obj_add, METH_NOARGS, nullptr},
    {"size", obj_size, METH_NOARGS, nullptr},
    {"add_owned", obj_add_owned, METH_NOARGS, nullptr},
    {"rename", obj_rename, METH_NOARGS, nullptr},
    {"guarded", obj_guarded, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};
static PyType_Slot obj_slots[] = {{Py_tp_methods, obj_methods}, {0, nullptr}};
PyType_Spec obj_spec = {"demo.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, obj_slots};
