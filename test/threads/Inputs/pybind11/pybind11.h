/* What the tests need of pybind11. */
#pragma once
#include <Python.h>

namespace pybind11 {
class gil_scoped_acquire {
public:
  gil_scoped_acquire() : state(PyGILState_Ensure()) {}
  gil_scoped_acquire(const gil_scoped_acquire &) = delete;
  ~gil_scoped_acquire() { PyGILState_Release(state); }

private:
  PyGILState_STATE state;
};
class module_ {
public:
  template <class F> module_ &def(const char *name, F &&function) { return *this; }
};
struct mod_gil_not_used {};
struct multiple_interpreters {
  static multiple_interpreters per_interpreter_gil();
  static multiple_interpreters shared_gil();
  static multiple_interpreters not_supported();
};
template <class... Tags> PyObject *make_module(void (*body)(module_ &), Tags...);
} // namespace pybind11

#define PYBIND11_OVERRIDE(function)                                            \
  do {                                                                         \
    pybind11::gil_scoped_acquire gil;                                          \
    function();                                                                \
  } while (false)

#define PYBIND11_MODULE(name, variable, ...)                                   \
  static void pybind11_init_##name(::pybind11::module_ &);                     \
  extern "C" PyObject *PyInit_##name();                                        \
  extern "C" PyObject *PyInit_##name() {                                       \
    return ::pybind11::make_module(pybind11_init_##name, ##__VA_ARGS__);       \
  }                                                                            \
  void pybind11_init_##name(::pybind11::module_ &variable)
