// The shape of pybind11's PYBIND11_MODULE, without its substance.
#ifndef PYEXT_TEST_PYBIND11_H
#define PYEXT_TEST_PYBIND11_H
#include <Python.h>

namespace pybind11 {
struct tag {};
inline tag mod_gil_not_used() { return {}; }
struct module_ {
  template <typename F> module_ &def(const char *Name, F &&Function) { return *this; }
};
inline void init_slots(int (*exec)(PyObject *), tag) {}
} // namespace pybind11
namespace py = pybind11;

#define PYBIND11_MODULE(name, variable, ...)                                   \
  static PyModuleDef pybind11_module_def_##name;                               \
  static void pybind11_init_##name(::pybind11::module_ &);                     \
  static int pybind11_exec_##name(PyObject *) {                                \
    ::pybind11::module_ m;                                                     \
    pybind11_init_##name(m);                                                   \
    return 0;                                                                  \
  }                                                                            \
  extern "C" PyObject *PyInit_##name(void) {                                   \
    ::pybind11::init_slots(&pybind11_exec_##name, __VA_ARGS__);                \
    return PyModuleDef_Init(&pybind11_module_def_##name);                      \
  }                                                                            \
  void pybind11_init_##name(::pybind11::module_ &variable)

#endif // PYEXT_TEST_PYBIND11_H
