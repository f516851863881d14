// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

// Without a tag pybind11 declares the module for one interpreter.
#include <functional>
#include <pybind11/pybind11.h>

namespace py = pybind11;

void lib_on_event(std::function<void()> callback);
static void listen() {
  lib_on_event([] {
    py::gil_scoped_acquire gil;
    PySys_WriteStderr("event");
  });
}

PYBIND11_MODULE(spam, m) { m.def("listen", &listen); }
