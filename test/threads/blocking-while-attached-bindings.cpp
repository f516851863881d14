// RUN: %check_tidy %s cpython-threads-blocking-while-attached %t -python=3.13 -std=c++17 -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -Wno-unused-variable

// Functions that are bound for Python wait.
#include <condition_variable>
#include <future>
#include <mutex>
#include <pybind11/objects.h>
#include <thread>

namespace py = pybind11;
int work(int);
struct Engine {
  std::thread thread;
  std::mutex mutex;
  std::condition_variable ready;
  bool done = false;
  void stop() {
    thread.join();
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'std::thread::join' blocks the thread while it is attached: no other thread can run Python code with the GIL, or pause the others without it [cpython-threads-blocking-while-attached]
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    ready.wait(lock, [this] { return done; });
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'std::condition_variable::wait' blocks the thread while it is attached: no other thread can run Python code with the GIL, or pause the others without it [cpython-threads-blocking-while-attached]
  }
  // Not bound: its callers are not known.
  void elsewhere() { thread.join(); }
};

int result() {
  auto future = std::async(std::launch::async, [] { return work(1); });
  return future.get();
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'std::future::get' blocks the thread while it is attached: no other thread can run Python code with the GIL, or pause the others without it [cpython-threads-blocking-while-attached]
}

// Nothing below is wrong.

void stop_detached(Engine &e) {
  py::gil_scoped_release release;
  e.thread.join();
}
void stop_guarded(Engine &e) { e.thread.join(); }

PYBIND11_MODULE(spam, m) {
  m.def("result", &result);
  py::class_<Engine>(m, "Engine")
      .def("stop", &Engine::stop)
      .def("wait", &Engine::wait)
      .def("stop_detached", &stop_detached)
      .def("stop_guarded", &stop_guarded, py::call_guard<py::gil_scoped_release>());
}
