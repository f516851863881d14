// RUN: %check_tidy %s cpython-threads-api-while-detached %t -python=3.13 -std=c++17 -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -Wno-unused-variable

// What a binding library's own functions do, and threads that C++ starts.
#include <functional>
#include <future>
#include <memory>
#include <pybind11/objects.h>
#include <thread>
#include <vector>

namespace py = pybind11;
struct Engine {
  int step();
  py::function callback;
  std::thread thread;
  void watch();
};

py::handle casts(Engine &e) {
  py::gil_scoped_release release;
  return py::cast(e.step());
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'pybind11::cast' uses 'PyLong_FromLong' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-3]]:26: note: detached here
}
void calls(Engine &e, const py::function &callback) {
  py::gil_scoped_release release;
  e.step();
  callback(1);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'pybind11::function::operator()' uses 'PyObject_CallFunctionObjArgs' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+3]]:3: note: 'pybind11::function::attr' uses 'PyObject_GetAttrString' and is called while the thread is detached
  // CHECK-NOTES: :[[@LINE+3]]:3: note: 'pybind11::print' uses 'PyObject_Str' and is called while the thread is detached
  // CHECK-NOTES: :[[@LINE-6]]:26: note: detached here
  callback.attr("finish");
  py::print("done");
}
void appends(Engine &e, const py::list &list) {
  {
    py::gil_scoped_release release;
    for (int i = 0; i < 3; ++i)
      list.append(e.step());
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'pybind11::list::append' uses 'PyList_Append' and is called while the thread is detached [cpython-threads-api-while-detached]
    // CHECK-NOTES: :[[@LINE-4]]:28: note: detached here
  }
  list.append(1);
}

// Threads.
void starts(Engine &e) {
  e.thread = std::thread([&e] { e.callback(1); });
  // CHECK-MESSAGES: :[[@LINE-1]]:33: warning: 'pybind11::function::operator()' uses 'PyObject_CallFunctionObjArgs' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-2]]:26: note: the lambda is started as a thread here, and does not attach itself
}
void pool(Engine &e) {
  std::vector<std::thread> threads;
  threads.emplace_back([&e] { e.callback(2); });
  // CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'pybind11::function::operator()' uses 'PyObject_CallFunctionObjArgs' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-2]]:24: note: the lambda is started as a thread here, and does not attach itself
}
void named(Engine &e) {
  auto run = [&e] { e.callback(3); };
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'pybind11::function::operator()' uses 'PyObject_CallFunctionObjArgs' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+1]]:48: note: the lambda is started as a thread here, and does not attach itself
  auto future = std::async(std::launch::async, run);
}
void Engine::watch() {
  callback(4);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'pybind11::function::operator()' uses 'PyObject_CallFunctionObjArgs' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+3]]:41: note: 'watch' is started as a thread here, and does not attach itself
}
std::unique_ptr<std::thread> watch(Engine &e) {
  return std::make_unique<std::thread>(&Engine::watch, &e);
}

// Nothing below is wrong.

void attaches(Engine &e) {
  e.thread = std::thread([&e] {
    e.step();
    py::gil_scoped_acquire acquire;
    e.callback(1);
  });
}
void on_demand(Engine &e) {
  // Whoever asks for the result runs it.
  auto future = std::async(std::launch::deferred, [&e] { e.callback(2); });
}
void wrapped(Engine &e, const std::function<void(int)> &callback) {
  py::gil_scoped_release release;
  callback(e.step());
}
std::string reads(Engine &e, const py::handle &op) {
  py::gil_scoped_release release;
  e.step();
  return op.is_none() || !py::data(op, true) ? "" : py::describe(op);
}
void nested(Engine &e, const py::list &list) {
  py::gil_scoped_release release;
  const int step = e.step();
  {
    py::gil_scoped_acquire acquire;
    list.append(step);
  }
  if (step < 0)
    throw std::runtime_error("no step");
}

PYBIND11_MODULE(spam, m) {
  py::class_<Engine>(m, "Engine")
      .def("attached", [](Engine &e) { e.callback(5); })
      .def("starts", &starts)
      .def("detached", [](Engine &e) { e.callback(6); }, py::call_guard<py::gil_scoped_release>());
  // CHECK-MESSAGES: :[[@LINE-1]]:40: warning: 'pybind11::function::operator()' uses 'PyObject_CallFunctionObjArgs' and is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-2]]:58: note: the function is bound with a guard that detaches the thread
}
