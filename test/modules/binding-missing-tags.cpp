// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t -fix-notes -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

#include <pybind11/pybind11.h>

namespace py = pybind11;

PYBIND11_MODULE(spam, m) { m.def("f", [] { return 1; }); }
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: module 'spam' does not declare whether it needs the GIL or which interpreters it supports: importing it enables the GIL in a free-threaded process, and all interpreters but the main one refuse it [cpython-modules-binding-missing-tags]
// CHECK-NOTES: :[[@LINE-2]]:1: note: as this file shows it, the module is 'py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()' ({{[0-9]+}} functions and 0 variables analysed)
// CHECK-FIXES-NOTES: PYBIND11_MODULE(spam, m, py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()) { m.def("f", [] { return 1; }); }

PYBIND11_MODULE(ham, m, py::mod_gil_not_used()) { m.def("f", [] { return 1; }); }
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: module 'ham' does not declare which interpreters it supports, so all but the main one refuse it
// CHECK-NOTES: :[[@LINE-2]]:1: note: as this file shows it, the module is 'py::multiple_interpreters::per_interpreter_gil()'
// CHECK-FIXES-NOTES: PYBIND11_MODULE(ham, m, py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()) { m.def("f", [] { return 1; }); }

PYBIND11_MODULE(eggs, m, py::multiple_interpreters::not_supported()) {}
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: module 'eggs' does not declare whether it needs the GIL, so importing it enables the GIL in a free-threaded process
// CHECK-NOTES: :[[@LINE-2]]:1: note: as this file shows it, the module is 'py::mod_gil_not_used()'
// CHECK-FIXES-NOTES: PYBIND11_MODULE(eggs, m, py::multiple_interpreters::not_supported(), py::mod_gil_not_used()) {}

// --- What declares both --------------------------------------------------------

PYBIND11_MODULE(ok1, m, py::mod_gil_not_used(), py::multiple_interpreters::shared_gil()) {}
PYBIND11_MODULE(ok2, m, py::multiple_interpreters::not_supported(), py::mod_gil_used()) {}
PYBIND11_MODULE(ok3, m, py::mod_gil_not_used(false),
                pybind11::multiple_interpreters::per_interpreter_gil()) {}
#define MODULE_TAGS py::mod_gil_not_used(), py::multiple_interpreters::not_supported()
PYBIND11_MODULE(ok4, m, MODULE_TAGS) {}

// Tags of the project's own.
inline py::mod_gil_not_used gil_tag() { return py::mod_gil_not_used(); }
PYBIND11_MODULE(ok5, m, gil_tag()) {}
