// RUN: %check_tidy %s cpython-state-cxx-static-object %t -std=c++17 -python=3.13

#include <Python.h>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pybind11 {
class handle {
protected:
  PyObject *m_ptr = nullptr;

public:
  handle() = default;
  handle(PyObject *ptr) : m_ptr(ptr) {}
  void dec_ref() { Py_XDECREF(m_ptr); }
};
class object : public handle {
public:
  object() = default;
  object(const object &other) : handle(other) {}
  object(object &&other) : handle(other) {}
  object &operator=(object &&other);
  ~object() { dec_ref(); }
  object attr(const char *name) const;
};
struct module_ : object {
  static module_ import(const char *name);
};
template <typename T> class gil_safe_call_once_and_store {
public:
  template <typename F> gil_safe_call_once_and_store &call_once_and_store_result(F &&f) {
    f();
    return *this;
  }
  T &get_stored();
};
} // namespace pybind11
namespace py = pybind11;

// The classic.
PyObject *floor_of(PyObject *, PyObject *) {
  static py::object math = py::module_::import("math");
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'math' owns Python objects of one interpreter for all interpreters, and gives them up when the process ends and Python is gone [cpython-state-cxx-static-object]
  // CHECK-NOTES: :[[@LINE-2]]:28: note: its initialiser runs Python code while the thread holds the guard of 'math'; a thread that waits for the guard and keeps the GIL never gets it
  // CHECK-NOTES: :[[@LINE-3]]:21: note: use 'gil_safe_call_once_and_store', or keep it in the module state
  math.attr("floor");
  Py_RETURN_NONE;
}

namespace {
py::object callback;
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'callback' owns Python objects of one interpreter for all interpreters, and gives them up when the process ends and Python is gone; 'set_callback' changes it while 'call' can use it, with no lock in common
// CHECK-NOTES: :[[@LINE+5]]:3: note: written here, in 'set_callback'
// CHECK-NOTES: :[[@LINE+8]]:3: note: read here, in 'call'
// CHECK-NOTES: :[[@LINE-4]]:12: note: keep it in the module state
} // namespace
PyObject *set_callback(PyObject *, PyObject *) {
  callback = py::object();
  Py_RETURN_NONE;
}
PyObject *call(PyObject *, PyObject *) {
  callback.attr("x");
  Py_RETURN_NONE;
}

// Containers of them.
std::map<std::string, py::object> registry;
// CHECK-MESSAGES: :[[@LINE-1]]:35: warning: 'registry' owns Python objects of one interpreter for all interpreters, and gives them up when the process ends and Python is gone [cpython-state-cxx-static-object]
// CHECK-NOTES: :[[@LINE-2]]:35: note: keep it in the module state
std::mutex registry_mutex;
PyObject *add(PyObject *, PyObject *) {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  registry["x"] = py::object();
  Py_RETURN_NONE;
}

// The user's own smart pointer.
class Ref {
  PyObject *object = nullptr;
  void drop() { Py_CLEAR(object); }

public:
  Ref() = default;
  explicit Ref(PyObject *taken) : object(taken) {}
  ~Ref() { drop(); }
  void reset(PyObject *taken) {
    drop();
    object = taken;
  }
};
struct Strings {
  static Ref name;
};
Ref Strings::name(PyUnicode_InternFromString("name"));
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'name' owns Python objects
// CHECK-NOTES: :[[@LINE-2]]:14: note: keep it in the module state

// Never destroyed, but still of one interpreter.
PyObject *leaked(PyObject *, PyObject *) {
  static py::object &once = *new py::object(py::module_::import("os"));
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'once' owns Python objects of one interpreter for all interpreters [cpython-state-cxx-static-object]
  // CHECK-NOTES: :[[@LINE-2]]:29: note: its initialiser runs Python code
  // CHECK-NOTES: :[[@LINE-3]]:22: note: use 'gil_safe_call_once_and_store'
  once.attr("x");
  Py_RETURN_NONE;
}

// Near misses.
static py::object never_set;
static std::vector<int> numbers{1, 2};
static py::object *pointer;
PyObject *silent(PyObject *, PyObject *) {
  static py::gil_safe_call_once_and_store<py::object> storage;
  storage.call_once_and_store_result([] { return py::object(py::module_::import("os")); })
      .get_stored();
  py::object local = py::module_::import("os");
  local.attr("x");
  if (pointer)
    pointer->attr("x");
  return PyLong_FromLong(numbers[0]);
}
