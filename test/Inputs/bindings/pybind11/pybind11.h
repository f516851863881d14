/* What the tests need of pybind11. */
#pragma once
#include <Python.h>

#ifndef PYBIND11_VERSION_MAJOR
#define PYBIND11_VERSION_MAJOR 3
#define PYBIND11_VERSION_MINOR 1
#endif

namespace pybind11 {
class module_ {
public:
  template <class F> module_ &def(const char *name, F &&function) { return *this; }
};
class object {
public:
  object() = default;
  object(const object &other) : ptr(Py_XNewRef(other.ptr)) {}
  ~object() { Py_XDECREF(ptr); }
  object &operator=(const object &other) {
    Py_XINCREF(other.ptr);
    Py_XDECREF(ptr);
    ptr = other.ptr;
    return *this;
  }

private:
  PyObject *ptr = nullptr;
};
class gil_scoped_acquire {
public:
  gil_scoped_acquire() : state(PyGILState_Ensure()) {}
  gil_scoped_acquire(const gil_scoped_acquire &) = delete;
  ~gil_scoped_acquire() { PyGILState_Release(state); }

private:
  PyGILState_STATE state;
};
class mod_gil_not_used {
public:
  explicit mod_gil_not_used(bool flag = true) : flag(flag) {}
  bool flag;
};
#if PYBIND11_VERSION_MAJOR > 3 || (PYBIND11_VERSION_MAJOR == 3 && PYBIND11_VERSION_MINOR >= 1)
inline mod_gil_not_used mod_gil_used() { return mod_gil_not_used(false); }
#endif
class multiple_interpreters {
public:
  static multiple_interpreters per_interpreter_gil();
  static multiple_interpreters shared_gil();
  static multiple_interpreters not_supported();
};
object import(const char *name);
template <class... Tags> PyObject *make_module(void (*body)(module_ &), Tags...);
} // namespace pybind11

#define PYBIND11_OVERRIDE(function)                                            \
  do {                                                                         \
    pybind11::gil_scoped_acquire gil;                                          \
    function();                                                                \
  } while (false)

#if PYBIND11_VERSION_MAJOR > 2 || PYBIND11_VERSION_MINOR >= 13
#define PYBIND11_MODULE(name, variable, ...)                                   \
  static void pybind11_init_##name(::pybind11::module_ &);                     \
  extern "C" PyObject *PyInit_##name();                                        \
  extern "C" PyObject *PyInit_##name() {                                       \
    return ::pybind11::make_module(pybind11_init_##name, ##__VA_ARGS__);       \
  }                                                                            \
  void pybind11_init_##name(::pybind11::module_ &variable)
#else
#define PYBIND11_MODULE(name, variable)                                        \
  static void pybind11_init_##name(::pybind11::module_ &);                     \
  extern "C" PyObject *PyInit_##name();                                        \
  extern "C" PyObject *PyInit_##name() {                                       \
    return ::pybind11::make_module(pybind11_init_##name);                      \
  }                                                                            \
  void pybind11_init_##name(::pybind11::module_ &variable)
#endif
