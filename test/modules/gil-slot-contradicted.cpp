// RUN: %check_tidy %s cpython-modules-gil-slot-contradicted,cpython-modules-interpreters-slot-contradicted %t -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

#include <pybind11/pybind11.h>

namespace py = pybind11;

static int calls;
static py::object cached;

static int count() { return ++calls; }
static void load() { cached = py::import("spam_data"); }

PYBIND11_MODULE(spam, m, py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()) {
  m.def("count", &count);
  m.def("load", &load);
}
// CHECK-MESSAGES: :[[@LINE-4]]:1: warning: module 'spam' declares 'mod_gil_not_used', but 2 places in this file are not safe without the GIL [cpython-modules-gil-slot-contradicted]
// CHECK-NOTES: :[[@LINE-8]]:31: note: 'calls' is written here without a lock
// CHECK-NOTES: :[[@LINE-8]]:22: note: 'cached' is written here without a lock
// CHECK-NOTES: :[[@LINE-7]]:1: note: until they are mended the module is 'mod_gil_used'
// CHECK-MESSAGES: :[[@LINE-8]]:1: warning: module 'spam' declares 'multiple_interpreters::per_interpreter_gil', but 2 places in this file mix interpreters [cpython-modules-interpreters-slot-contradicted]
// CHECK-NOTES: :[[@LINE-14]]:19: note: 'cached' is one Python object for all interpreters
// CHECK-NOTES: :[[@LINE-13]]:31: note: 'calls' is shared by all interpreters and written here without a lock
// CHECK-NOTES: :[[@LINE-11]]:1: note: until they are mended the module is 'multiple_interpreters::not_supported'

PYBIND11_MODULE(ham, m, py::mod_gil_used(), py::multiple_interpreters::not_supported()) {}
