// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -DPYBIND11_VERSION_MAJOR=2 -DPYBIND11_VERSION_MINOR=12

// pybind11 before 2.13 has no tags.
#include <pybind11/pybind11.h>

PYBIND11_MODULE(spam, m) { m.def("f", [] { return 1; }); }
