// RUN: %check_tidy %s cpython-state-global-pyobject %t -std=c++17

#include <Python.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

std::vector<PyObject *> kept;
// CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'kept' keeps Python objects for all threads and interpreters; 'keep' writes it at run time while 'count' can access it, with no lock in common [cpython-state-global-pyobject]

PyObject *keep(PyObject *, PyObject *arg) {
  Py_INCREF(arg);
  kept.push_back(arg);
  Py_RETURN_NONE;
}
PyObject *count(PyObject *, PyObject *) { return PyLong_FromSize_t(kept.size()); }

struct Registry {
  static PyObject *hook;
  std::map<std::string, PyObject *> by_name;
};
PyObject *Registry::hook = nullptr;
// CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'hook' keeps a Python object for all threads and interpreters; 'set_hook' writes it

PyObject *set_hook(PyObject *, PyObject *arg) {
  Py_INCREF(arg);
  Py_XSETREF(Registry::hook, arg);
  Py_RETURN_NONE;
}

// Looked up and filled under a lock: a matter of interpreters only.
PyObject *lookup(PyObject *, PyObject *arg) {
  static std::unordered_map<PyObject *, int> numbers;
  // CHECK-MESSAGES: :[[@LINE-1]]:46: warning: 'numbers' keeps Python objects of one interpreter for all interpreters; 'lookup' overwrites it [cpython-state-global-pyobject]
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  auto found = numbers.find(arg);
  if (found != numbers.end())
    return PyLong_FromLong(found->second);
  numbers.emplace(arg, int(numbers.size()));
  Py_RETURN_NONE;
}

// Called by another file while the module is imported, as its name says.
PyObject *Unsatisfiable;
// CHECK-MESSAGES: :[[@LINE-1]]:11: warning: 'Unsatisfiable' keeps a Python object of one interpreter for all interpreters; every import of the module overwrites it [cpython-state-global-pyobject]
PyObject *fail(PyObject *, PyObject *) {
  PyErr_SetString(Unsatisfiable, "spam");
  return nullptr;
}

// Near misses.
thread_local PyObject *of_thread;
const std::vector<PyObject *> constant;
std::vector<int> numbers;
struct Kept {
  PyObject *object;
};
std::allocator<Kept> allocator;
std::vector<PyTypeObject *> read_only = {&PyList_Type, &PyDict_Type};
PyObject *near(PyObject *, PyObject *) {
  of_thread = nullptr;
  numbers.push_back(1);
  allocator.deallocate(allocator.allocate(1), 1);
  for (PyTypeObject *type : read_only)
    if (type == &PyList_Type && read_only.begin() != read_only.end() && read_only[0] == type)
      break;
  return PyLong_FromSize_t(constant.size());
}

PyMethodDef methods[] = {
    {"keep", keep, METH_O, nullptr},
    {"count", count, METH_NOARGS, nullptr},
    {"set_hook", set_hook, METH_O, nullptr},
    {"lookup", lookup, METH_O, nullptr},
    {"near", near, METH_NOARGS, nullptr},
    {"fail", fail, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyModuleDef definition = {PyModuleDef_HEAD_INIT, "spam", nullptr, 0, methods, nullptr, nullptr, nullptr, nullptr};

} // namespace

bool init_exceptions() {
  PyObject *module = PyImport_ImportModule("spam.exceptions");
  Unsatisfiable = PyObject_GetAttrString(module, "Unsatisfiable");
  Py_DECREF(module);
  return Unsatisfiable != nullptr;
}

PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&definition); }
