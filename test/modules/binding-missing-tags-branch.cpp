// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

// A branch that is not compiled here has the tags.
#include <pybind11/pybind11.h>

namespace py = pybind11;

#ifdef SPAM_WITH_TAGS
PYBIND11_MODULE(spam, m, py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil())
#else
PYBIND11_MODULE(spam, m)
#endif
{ m.def("f", [] { return 1; }); }
