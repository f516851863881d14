// RUN: %check_tidy %s cpython-threads-api-while-detached %t -python=3.13 -std=c++17 -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -Wno-unused-variable

// An object that the lambda of a thread keeps by value dies with the thread.
#include <pybind11/objects.h>
#include <pybind11/pybind11.h>
#include <thread>
#include <utility>

namespace py = pybind11;
int use(const py::object &);

void start(py::object callback) {
  std::thread t([callback] {
    py::gil_scoped_acquire gil;
    use(callback);
  });
  // CHECK-MESSAGES: :[[@LINE-4]]:18: warning: the lambda's 'callback' drops its reference when the thread ends, which is not attached then [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-5]]:17: note: the lambda is started as a thread here
  // CHECK-NOTES: :[[@LINE-6]]:18: note: give the object away while the thread is attached: move it into a variable behind the guard
  t.detach();
}

// Nothing below is wrong.

void good_moved(py::object callback) {
  std::thread t([callback]() mutable {
    py::gil_scoped_acquire gil;
    py::object own = std::move(callback);
    use(own);
  });
  t.detach();
}
void good_reference(py::object callback) {
  std::thread t([&callback] {
    py::gil_scoped_acquire gil;
    use(callback);
  });
  py::gil_scoped_release release;
  t.join();
}
void good_called(py::object callback) {
  auto run = [callback] { use(callback); };
  run();
}
