// Fields and static data as C++ spells them.
// RUN: %check_tidy %s cpython-state-self-lazy-init,cpython-state-self-unguarded-rmw,cpython-state-self-field-incref-race,cpython-state-half-locked-field,cpython-state-iternext-unsynchronised,cpython-state-buffer-export-counter,cpython-state-self-state-in-allow-threads,cpython-state-init-reentrant,cpython-state-global-pyobject,cpython-state-static-lazy-init,cpython-state-unguarded-global-write,cpython-state-static-buffer-return,cpython-state-shared-native-handle,cpython-state-thread-unsafe-libc,cpython-state-type-mutation-after-ready %t -python=3.13 -std=c++17 -no-fix

#include <Python.h>
#include <vector>
#include <string>
#include <map>
#include <mutex>
#include <atomic>
PyObject *make();
namespace demo {
struct Cache {
  std::vector<int> items;
  std::string name;
  int hits = 0;
  void add(int v) { items.push_back(v); }
  bool empty() const { return items.empty(); }
};
struct Obj {
  PyObject_HEAD Cache cache;
  Cache *heap;
  std::vector<int> *vec;
  PyObject *lazy;
  PyObject *held;
  long count;
  std::atomic<long> atomic;
  std::mutex mutex;
  std::map<int, int> locked;
  long byref;
  long bylambda;
  std::string text;
};
static PyObject *push(Obj *self, PyObject *v) {
  self->cache.add((int)PyLong_AsLong(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'push' changes 'cache' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static PyObject *push_heap(Obj *self, PyObject *v) {
  self->heap->items.push_back(1);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'push_heap' changes 'heap' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static PyObject *push_vec(PyObject *op, PyObject *v) {
  auto *self = reinterpret_cast<Obj *>(op);
  self->vec->emplace_back(1);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'push_vec' changes what is behind 'vec' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static PyObject *lazy(PyObject *op, PyObject *) {
  auto &self = *reinterpret_cast<Obj *>(op);
  if (!self.lazy)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'lazy' of 'Obj' is computed on first use without a lock; two threads in 'lazy' can both find 'lazy' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    self.lazy = make();
  return Py_XNewRef(self.lazy);
}
static PyObject *held(Obj *self, PyObject *v) {
  std::swap(self->held, v);
  // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'held' replaces 'held' of 'Obj' without a lock while another thread in the same function can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  Py_XDECREF(v);
  return Py_XNewRef(self->held);
}
static PyObject *count(Obj *self, PyObject *) {
  auto n = ++self->count;
  // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'count' changes 'count' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  self->atomic++;
  return PyLong_FromLong(n);
}
static PyObject *locked(Obj *self, PyObject *) {
  std::lock_guard<std::mutex> guard(self->mutex);
  self->locked[1]++;
  Py_RETURN_NONE;
}
static PyObject *byref(Obj *self, PyObject *) {
  long &n = self->byref;
  n += 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'byref' changes 'byref' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromLong(n);
}
static PyObject *bylambda(Obj *self, PyObject *) {
  auto bump = [self] { self->bylambda++; };
  // CHECK-MESSAGES: :[[@LINE-1]]:24: warning: '(lambda)' changes 'bylambda' of 'Obj' without a lock while 'bylambda' can be reading it [cpython-state-self-unguarded-rmw]
  bump();
  return PyLong_FromLong(self->bylambda);
}
static PyObject *text(Obj *self, PyObject *) {
  self->text += "x";
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'text' changes 'text' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyUnicode_FromString(self->text.c_str());
}
static PyMethodDef methods[] = {{"push", (PyCFunction)push, METH_O, nullptr},
                                {"push_heap", (PyCFunction)push_heap, METH_O, nullptr},
                                {"push_vec", push_vec, METH_O, nullptr},
                                {"lazy", lazy, METH_NOARGS, nullptr},
                                {"held", (PyCFunction)held, METH_O, nullptr},
                                {"count", (PyCFunction)count, METH_NOARGS, nullptr},
                                {"locked", (PyCFunction)locked, METH_NOARGS, nullptr},
                                {"byref", (PyCFunction)byref, METH_NOARGS, nullptr},
                                {"bylambda", (PyCFunction)bylambda, METH_NOARGS, nullptr},
                                {"text", (PyCFunction)text, METH_NOARGS, nullptr},
                                {nullptr, nullptr, 0, nullptr}};
static PyType_Slot slots[] = {{Py_tp_methods, methods}, {0, nullptr}};
PyType_Spec spec = {"demo.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, slots};
// globals
static std::map<int, int> table;
// CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'table' is a container that all threads share; 'gl1' writes it while another thread in 'gl1' can too, with no lock in common [cpython-state-unguarded-global-write]
inline int inline_count;
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'inline_count' is a counter that all threads share; 'gl2' writes it while another thread in 'gl2' can too, with no lock in common [cpython-state-unguarded-global-write]
namespace {
std::string setting;
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'setting' is a container that all threads share; 'gl3' writes it while another thread in 'gl3' can too, with no lock in common [cpython-state-unguarded-global-write]
}
struct Reg {
  static long total;
  static int &slot() {
    static int s;
    // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 's' is a counter that all threads share; 'gl5' writes it while another thread in 'gl5' can too, with no lock in common [cpython-state-unguarded-global-write]
    return s;
  }
};
long Reg::total;
// CHECK-MESSAGES: :[[@LINE-1]]:11: warning: 'total' is a counter that all threads share; 'gl4' writes it while another thread in 'gl4' can too, with no lock in common [cpython-state-unguarded-global-write]
static std::vector<int> &registry() {
  static std::vector<int> r;
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'r' is a container that all threads share; 'gl6' writes it while another thread in 'gl6' can too, with no lock in common [cpython-state-unguarded-global-write]
  return r;
}
static PyObject *gl1(PyObject *, PyObject *v) {
  table[1] = 2;
  return PyLong_FromSize_t(table.size());
}
static PyObject *gl2(PyObject *, PyObject *v) {
  inline_count++;
  return PyLong_FromLong(inline_count);
}
static PyObject *gl3(PyObject *, PyObject *v) {
  setting = "x";
  return PyUnicode_FromString(setting.c_str());
}
static PyObject *gl4(PyObject *, PyObject *v) {
  Reg::total += 1;
  return PyLong_FromLong(Reg::total);
}
static PyObject *gl5(PyObject *, PyObject *v) {
  ++Reg::slot();
  return PyLong_FromLong(Reg::slot());
}
static PyObject *gl6(PyObject *, PyObject *v) {
  registry().push_back(1);
  return PyLong_FromSize_t(registry().size());
}
static PyObject *gl7(PyObject *, PyObject *v) {
  static std::once_flag once;
  static int value;
  std::call_once(once, [] { value = 4; });
  return PyLong_FromLong(value);
}
static PyObject *gl8(PyObject *, PyObject *v) {
  static std::mutex m;
  static std::map<int, int> c;
  std::scoped_lock lock(m);
  c[1]++;
  return PyLong_FromSize_t(c.size());
}
static PyMethodDef globals[] = {
    {"gl1", gl1, METH_O, nullptr}, {"gl2", gl2, METH_O, nullptr}, {"gl3", gl3, METH_O, nullptr},
    {"gl4", gl4, METH_O, nullptr}, {"gl5", gl5, METH_O, nullptr}, {"gl6", gl6, METH_O, nullptr},
    {"gl7", gl7, METH_O, nullptr}, {"gl8", gl8, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, "demo", nullptr, 0, globals, nullptr, nullptr, nullptr, nullptr};
} // namespace demo
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&demo::def); }
