// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -std=c++17 -python=3.13

#include <Python.h>
#include <mutex>

namespace pybind11 {
struct module_ {};
template <typename Type, typename... Options> struct class_ {
  class_(module_ &, const char *) {}
  template <typename Function> class_ &def(const char *, Function &&) { return *this; }
};
} // namespace pybind11
namespace py = pybind11;

// Bound: Python code calls its methods from any thread.
class Counter {
public:
  void add() { value += 1; }
// CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'add' changes 'value' of 'Counter' without a lock while 'get' can be reading it [cpython-state-self-unguarded-rmw]
  int get() const { return value; }
  int limit() const { return fixed; }

private:
  int value = 0;
  int fixed = 3;
};

class Safe {
public:
  void add() {
    std::lock_guard<std::mutex> guard(mutex);
    value += 1;
  }
  int get() {
    std::lock_guard<std::mutex> guard(mutex);
    return value;
  }

private:
  std::mutex mutex;
  int value = 0;
};

struct Point {
  int x;
};

// Not bound.
class Other {
public:
  void add() { value += 1; }

private:
  int value = 0;
};

void bind(py::module_ &m) {
  py::class_<Counter>(m, "Counter").def("add", &Counter::add).def("get", &Counter::get).def("limit", &Counter::limit);
  py::class_<Safe>(m, "Safe").def("add", &Safe::add).def("get", &Safe::get);
  py::class_<Point>(m, "Point").def("move", [](Point &p) { p.x += 1; });
// CHECK-MESSAGES: :[[@LINE-1]]:60: warning: '(lambda)' changes 'x' of 'Point' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  Other other;
  other.add();
}
