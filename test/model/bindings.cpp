// A module made with a macro of pybind11 or nanobind: what the macro writes is
// its own affair, the body is the module's exec function, lambdas are methods.
// RUN: %pyext_tidy --dump-model %s -- -std=c++17 -I%S/Inputs %python-3.13 > %t
// RUN: FileCheck %s < %t
// RUN: %python %S/functions.py %t | FileCheck %s --check-prefix=FUNCTIONS
#include <Python.h>
#include <binding/pybind11/pybind11.h>

static int counter;
static int add(int a) { return counter += a; }

PYBIND11_MODULE(pets, m, py::mod_gil_not_used()) {
  m.def("add", &add);
  m.def("reset", [] { counter = 0; });
}

// CHECK:      "name": "pets",
// CHECK-NEXT: "init": "pybind11",
// CHECK-NEXT: "at": "bindings.cpp:12",
// CHECK-NEXT: "function": "pybind11_init_pets",
// CHECK:      "tags": [
// CHECK-NEXT:   "py::mod_gil_not_used()"

// FUNCTIONS-DAG: {{^}}add run
// FUNCTIONS-DAG: {{^}}pybind11_exec_pets init module-init:pets
// FUNCTIONS-DAG: {{^}}pybind11_init_pets init module-exec:pets
// FUNCTIONS-DAG: operator() run method:def
// FUNCTIONS-DAG: {{^}}PyInit_pets init module-init:pets
