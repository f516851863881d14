// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t -fix-notes -std=c++17 -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

// Fields of a class that is bound stand against running without the GIL, unless a lock guards them.
#include <mutex>
#include <pybind11/pybind11.h>

namespace pybind11 {
template <class T> struct class_ {
  class_(module_ &, const char *) {}
  template <class F> class_ &def(const char *, F &&) { return *this; }
};
} // namespace pybind11

class Counter {
public:
  void add() { value += 1; }
  int get() const { return value; }
  void addLocked() {
    std::lock_guard<std::mutex> guard(mutex);
    guarded += 1;
  }
  int getLocked() {
    std::lock_guard<std::mutex> guard(mutex);
    return guarded;
  }

private:
  std::mutex mutex;
  int value = 0, guarded = 0;
};

PYBIND11_MODULE(spam, m) {
  pybind11::class_<Counter>(m, "Counter")
      .def("add", &Counter::add)
      .def("get", &Counter::get)
      .def("add_locked", &Counter::addLocked)
      .def("get_locked", &Counter::getLocked);
}
// CHECK-MESSAGES: :[[@LINE-7]]:1: warning: module 'spam' does not declare whether it needs the GIL or which interpreters it supports
// CHECK-NOTES: :[[@LINE-24]]:16: note: against 'mod_gil_not_used': 'value' is a field of an object and written here without a lock
// CHECK-NOTES: :[[@LINE-9]]:1: note: as this file shows it, the module is 'pybind11::mod_gil_used(), pybind11::multiple_interpreters::per_interpreter_gil()'
// CHECK-FIXES-NOTES: PYBIND11_MODULE(spam, m, pybind11::mod_gil_used(), pybind11::multiple_interpreters::per_interpreter_gil()) {
