// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t -fix-notes -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -DPYBIND11_VERSION_MAJOR=2 -DPYBIND11_VERSION_MINOR=13

// pybind11 2.13 brought the tag for the GIL, 3.0 that for interpreters.
#include <pybind11/pybind11.h>

namespace py = pybind11;

PYBIND11_MODULE(spam, m) { m.def("f", [] { return 1; }); }
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: module 'spam' does not declare whether it needs the GIL, so importing it enables the GIL in a free-threaded process
// CHECK-NOTES: :[[@LINE-2]]:1: note: as this file shows it, the module is 'py::mod_gil_not_used()'
// CHECK-FIXES: PYBIND11_MODULE(spam, m, py::mod_gil_not_used()) { m.def("f", [] { return 1; }); }

#if PYBIND11_VERSION_MINOR >= 13
PYBIND11_MODULE(ham, m, py::mod_gil_not_used()) {}
#else
PYBIND11_MODULE(ham, m) {}
#endif
