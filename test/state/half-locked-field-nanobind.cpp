// RUN: %check_tidy %s cpython-state-half-locked-field %t -std=c++17 -python=3.13

// nanobind locks objects around the functions that it calls; not all of them.
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

struct Open {
  int value = 0;
  void inc() { value++; }
  int get() const { return value; }
  // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'get' reads 'value' of 'Open' without the lock that 'inc' holds where it changes it [cpython-state-half-locked-field]
};
// Bound twice, once without the lock.
struct Twice {
  int value = 0;
  void inc() { value++; }
  // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'inc' changes 'value' of 'Twice' without the lock that 'get' holds where it reads it [cpython-state-half-locked-field]
  int get() const { return value; }
};

static void bind(nb::module_ &m) {
  nb::class_<Open>(m, "Open").def("inc", &Open::inc, nb::lock_self()).def("get", &Open::get);
  nb::class_<Twice>(m, "Twice")
      .def("inc", &Twice::inc, nb::lock_self())
      .def("inc_fast", &Twice::inc)
      .def("get", &Twice::get, nb::lock_self());
}
PyMODINIT_FUNC PyInit_demo() {
  nb::module_ m;
  bind(m);
  return nullptr;
}
