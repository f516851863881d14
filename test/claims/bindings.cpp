// RUN: %check_tidy %s 'cpython-modules-*' %t -no-fix -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

// What the discussion of pybind11 pull request 5564 says of tags.
#include <pybind11/pybind11.h>

namespace py = pybind11;

// claim 1.3, claim 1.6, claim 1.27: without a tag a module needs the GIL and supports the main interpreter alone.
PYBIND11_MODULE(spam, m) {}
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: module 'spam' does not declare whether it needs the GIL or which interpreters it supports: importing it enables the GIL in a free-threaded process, and all interpreters but the main one refuse it [cpython-modules-binding-missing-tags]
// claim 1.14: what the file allows, from two kinds of evidence.
// CHECK-NOTES: :[[@LINE-3]]:1: note: as this file shows it, the module is 'py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()'

// claim 1.5: the tags as they are named now, and as they were named in the request.
PYBIND11_MODULE(ham, m, py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()) {}
namespace pybind11 {
struct mod_per_interpreter_gil {};
struct mod_multi_interpreter_one_gil {};
} // namespace pybind11
PYBIND11_MODULE(eggs, m, py::mod_gil_not_used(), py::mod_per_interpreter_gil()) {}
PYBIND11_MODULE(sausage, m, py::mod_multi_interpreter_one_gil(), py::mod_gil_used()) {}
