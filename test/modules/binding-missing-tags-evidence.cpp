// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t -fix-notes -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

#include <pybind11/pybind11.h>

static int calls;
static pybind11::object cached;

static int count() { return ++calls; }
static void load() { cached = pybind11::import("spam_data"); }

PYBIND11_MODULE(spam, m) {
  m.def("count", &count);
  m.def("load", &load);
}
// CHECK-MESSAGES: :[[@LINE-4]]:1: warning: module 'spam' does not declare whether it needs the GIL or which interpreters it supports
// CHECK-NOTES: :[[@LINE-8]]:31: note: against 'mod_gil_not_used': 'calls' is written here without a lock
// CHECK-NOTES: :[[@LINE-8]]:22: note: against 'mod_gil_not_used': 'cached' is written here without a lock
// CHECK-NOTES: :[[@LINE-12]]:25: note: against 'multiple_interpreters::shared_gil': 'cached' is one Python object for all interpreters
// CHECK-NOTES: :[[@LINE-8]]:1: note: as this file shows it, the module is 'pybind11::mod_gil_used(), pybind11::multiple_interpreters::not_supported()'
// CHECK-FIXES-NOTES: PYBIND11_MODULE(spam, m, pybind11::mod_gil_used(), pybind11::multiple_interpreters::not_supported()) {
