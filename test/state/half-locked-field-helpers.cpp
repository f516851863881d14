// RUN: %check_tidy %s cpython-state-half-locked-field %t -python=3.13,3.15

// Locks that a helper, a guard class or the caller takes.
#include <Python.h>
#include <mutex>

struct Obj {
  PyObject_HEAD
  std::mutex mutex;
  int by_guard, by_class, by_caller;
};

class Locked {
public:
  explicit Locked(Obj *obj) : obj(obj) { obj->mutex.lock(); }
  ~Locked() { obj->mutex.unlock(); }

private:
  Obj *obj;
};

static void bump(Obj *self) { self->by_caller++; }
// CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'bump' changes 'by_caller' of 'Obj' without the lock that 'obj_bump' holds where it changes it [cpython-state-half-locked-field]
// CHECK-NOTES: :[[@LINE+25]]:18: note: 'obj_forgets' is the method 'forgets' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE+25]]:3: note: 'obj_forgets' comes to 'bump' without a lock
// CHECK-NOTES: :[[@LINE-16]]:27: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it

static PyObject *obj_bump(Obj *self, PyObject *unused) {
  {
    std::lock_guard<std::mutex> guard(self->mutex);
    self->by_guard++;
    bump(self);
  }
  Locked locked(self);
  self->by_class++;
  Py_RETURN_NONE;
}
static PyObject *obj_by_guard(Obj *self, void *closure) {
  return PyLong_FromLong(self->by_guard);
// CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'obj_by_guard' reads 'by_guard' of 'Obj' without the lock that 'obj_bump' holds where it changes it [cpython-state-half-locked-field]
// CHECK-NOTES: :[[@LINE-10]]:5: note: 'obj_bump' changes 'by_guard' here, under a lock
// CHECK-NOTES: :[[@LINE-4]]:18: note: 'obj_by_guard' is the getter 'by_guard' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-33]]:7: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
}
static PyObject *obj_by_class(Obj *self, void *closure) {
  Locked locked(self);
  return PyLong_FromLong(self->by_class);
}
static PyObject *obj_forgets(Obj *self, PyObject *unused) {
  bump(self);
  Py_RETURN_NONE;
}

static PyMethodDef obj_methods[] = {
    {"bump", (PyCFunction)obj_bump, METH_NOARGS, nullptr},
    {"forgets", (PyCFunction)obj_forgets, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};
static PyGetSetDef obj_getset[] = {
    {"by_guard", (getter)obj_by_guard, nullptr, nullptr, nullptr},
    {"by_class", (getter)obj_by_class, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};
static PyType_Slot obj_slots[] = {
    {Py_tp_methods, obj_methods}, {Py_tp_getset, obj_getset}, {0, nullptr}};
PyType_Spec obj_spec = {"demo.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, obj_slots};
