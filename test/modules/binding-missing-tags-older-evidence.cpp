// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t -fix-notes -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -DPYBIND11_VERSION_MAJOR=2 -DPYBIND11_VERSION_MINOR=13

// mod_gil_used() came with 3.1: before, it is an argument of the other tag.
#include <pybind11/pybind11.h>

namespace py = pybind11;

static int calls;
static int count() { return ++calls; }
PYBIND11_MODULE(spam, m) { m.def("count", &count); }
// CHECK-MESSAGES: :[[@LINE-1]]:1: warning: module 'spam' does not declare whether it needs the GIL
// CHECK-NOTES: :[[@LINE-3]]:31: note: against 'mod_gil_not_used': 'calls' is written here without a lock
// CHECK-NOTES: :[[@LINE-3]]:1: note: as this file shows it, the module is 'py::mod_gil_not_used(false)'
// CHECK-FIXES: PYBIND11_MODULE(spam, m, py::mod_gil_not_used(false)) { m.def("count", &count); }
