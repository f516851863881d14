// RUN: %check_tidy %s cpython-threads-gilstate-check,cpython-types-heap-type-gc,cpython-modules-missing-gil-slot %t -python=3.13 -std=c++17

// The sources of nanobind itself, which the build of an extension compiles along
// with its own: whoever defines this struct is not the extension.
#include <Python.h>

namespace nanobind {
namespace detail {
struct nb_internals {
  PyObject *module;
};
bool attached() { return PyGILState_Check(); }
} // namespace detail
} // namespace nanobind
