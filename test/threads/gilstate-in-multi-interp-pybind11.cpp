// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

#include <functional>
#include <pybind11/pybind11.h>

namespace py = pybind11;

struct Listener {
  virtual ~Listener() = default;
  virtual void onEvent() = 0;
};
void lib_add(Listener *listener);
void lib_on_event(std::function<void()> callback);

struct PyListener : Listener {
  void onEvent() override {
    py::gil_scoped_acquire gil;
    // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'pybind11::gil_scoped_acquire' does not know to which interpreter the callback belongs, and module 'spam' claims to support several that run in parallel [cpython-threads-gilstate-in-multi-interp]
    PySys_WriteStderr("event");
  }
};

// What the framework's macro writes is the framework's.
struct Trampoline : Listener {
  void call();
  void onEvent() override { PYBIND11_OVERRIDE(call); }
};

static void listen() {
  lib_on_event([] {
    py::gil_scoped_acquire gil;
    // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'pybind11::gil_scoped_acquire' does not know
    PySys_WriteStderr("event");
  });
}

PYBIND11_MODULE(spam, m, py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()) {
  m.def("listen", &listen);
  m.def("redundant", [] {
    py::gil_scoped_acquire gil; // A thread of Python.
    PySys_WriteStderr("here");
  });
}
