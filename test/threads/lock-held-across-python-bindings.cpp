// RUN: %check_tidy %s cpython-threads-lock-held-across-python %t -python=3.13 -std=c++17 -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -Wno-unused-variable

// A guard that detaches attaches again at the end of its scope, and one that
// attaches waits where it is made.
#include <mutex>
#include <pybind11/objects.h>

namespace py = pybind11;
int work(int);
static std::mutex mutex;
static int total;

void wrong_order(int x) {
  std::lock_guard<std::mutex> lock(mutex);
  py::gil_scoped_release release;
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'gil_scoped_release' waits until the thread is attached while 'mutex' is locked [cpython-threads-lock-held-across-python]
  // CHECK-NOTES: :[[@LINE-3]]:31: note: locked here
  // CHECK-NOTES: :[[@LINE+18]]:31: note: code that needs the lock waits here
  total += work(x);
}
void attaches(const py::function &callback) {
  py::gil_scoped_release release;
  std::lock_guard<std::mutex> lock(mutex);
  total += work(1);
  py::gil_scoped_acquire acquire;
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'gil_scoped_acquire' waits until the thread is attached while 'mutex' is locked [cpython-threads-lock-held-across-python]
  // CHECK-NOTES: :[[@LINE+3]]:3: note: 'PyObject_CallFunctionObjArgs' runs Python code while 'mutex' is locked
  // CHECK-NOTES: :[[@LINE-5]]:31: note: locked here
  // CHECK-NOTES: :[[@LINE-15]]:31: note: code that needs the lock waits here
  callback(total);
}

// Nothing below is wrong.

void attached(int x) {
  std::lock_guard<std::mutex> lock(mutex);
  total += x;
}
void right_order(int x) {
  py::gil_scoped_release release;
  std::lock_guard<std::mutex> lock(mutex);
  total += work(x);
}
void unlocked_before(int x) {
  std::unique_lock<std::mutex> lock(mutex);
  py::gil_scoped_release release;
  total += work(x);
  lock.unlock();
}

PYBIND11_MODULE(spam, m) {
  m.def("wrong_order", &wrong_order);
  m.def("attaches", &attaches);
  m.def("attached", &attached);
  m.def("right_order", &right_order);
  m.def("unlocked_before", &unlocked_before);
}
