// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -std=c++17 -python=3.13

// nanobind locks objects around the functions that it calls.
#include <Python.h>

namespace nanobind {
struct arg_locked;
struct arg {
  explicit arg(const char *) {}
  arg_locked lock();
};
struct arg_locked : arg {
  using arg::arg;
};
inline arg_locked arg::lock() { return arg_locked(nullptr); }
struct lock_self {};
struct module_ {
  template <class F, class... Extra> module_ &def(const char *, F &&, const Extra &...) { return *this; }
};
template <class T> struct class_ {
  class_(module_ &, const char *) {}
  template <class F, class... Extra> class_ &def(const char *, F &&, const Extra &...) { return *this; }
};
} // namespace nanobind
namespace nb = nanobind;

struct Locked {
  int value = 0;
  void inc() { value++; }
  int get() const { return value; }
  void merge(Locked &other) {
    value += other.value;
    other.value = 0;
  }
};
struct Plain {
  int value = 0;
  void inc() { value++; }
  // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'inc' changes 'value' of 'Plain' without a lock while 'get' can be reading it [cpython-state-self-unguarded-rmw]
  int get() const { return value; }
};

static void bind(nb::module_ &m) {
  nb::class_<Locked>(m, "Locked")
      .def("inc", &Locked::inc, nb::lock_self())
      .def("get", &Locked::get, nb::lock_self())
      .def("merge", &Locked::merge, nb::lock_self(), nb::arg("other").lock())
      .def("add", [](Locked &self, int n) { self.value += n; }, nb::lock_self(), nb::arg("n"));
  m.def("clear", [](int n, Locked &o) { o.value = n; }, nb::arg("n"), nb::arg("o").lock());
  nb::class_<Plain>(m, "Plain").def("inc", &Plain::inc, nb::arg("n")).def("get", &Plain::get);
}
PyMODINIT_FUNC PyInit_demo() {
  nb::module_ m;
  bind(m);
  return nullptr;
}
