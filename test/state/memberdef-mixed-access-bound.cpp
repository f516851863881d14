// Members that pybind11 or nanobind lets Python assign, with no lock at all.
// RUN: %check_tidy %s cpython-state-memberdef-mixed-access %t -std=c++17 -python=3.13

#include <Python.h>
#include <string>
#include <vector>

namespace pybind11 {
struct module_ {};
template <typename Type, typename... Options> struct class_ {
  class_(module_ &, const char *) {}
  template <typename Function> class_ &def(const char *, Function &&) { return *this; }
  template <typename C, typename D> class_ &def_readwrite(const char *, D C::*) { return *this; }
  template <typename C, typename D> class_ &def_readonly(const char *, const D C::*) { return *this; }
};
} // namespace pybind11
namespace nanobind {
struct module_ {};
template <typename Type, typename... Options> struct class_ {
  class_(module_ &, const char *) {}
  template <typename Function> class_ &def(const char *, Function &&) { return *this; }
  template <typename C, typename D> class_ &def_rw(const char *, D C::*) { return *this; }
};
} // namespace nanobind
namespace py = pybind11;
namespace nb = nanobind;

struct Config {
  std::string name;
  std::string fixed;
  std::vector<int> sizes;
  int level = 0;
  std::string title() const { return "<" + name + ">"; }
  // CHECK-MESSAGES: :[[@LINE-1]]:44: warning: 'title' uses 'name' of 'Config' without a lock while Python code can assign the attribute, which frees the object that is used here [cpython-state-memberdef-mixed-access]
  // CHECK-NOTES: :[[@LINE+18]]:30: note: it can be assigned because of this entry, which is not read-only
  // CHECK-NOTES: :[[@LINE-7]]:15: note: bind a getter and a setter that hold one lock with these places, or make the member read-only
  // Not assignable.
  std::string shown() const { return fixed; }
  // A number is no memory to be freed.
  int twice() const { return 2 * level; }
};

struct Plan {
  std::vector<int> steps;
  int first() const { return steps.empty() ? 0 : steps[0]; }
  // CHECK-MESSAGES: :[[@LINE-1]]:{{[0-9]+}}: warning: 'first' uses 'steps' of 'Plan' without a lock while Python code can assign the attribute
  // CHECK-NOTES: :[[@LINE+14]]:24: note: it can be assigned because of this entry
  // CHECK-NOTES: :[[@LINE-4]]:20: note: bind a getter and a setter
};

void bind(py::module_ &m, nb::module_ &n) {
  py::class_<Config>(m, "Config")
      .def_readwrite("name", &Config::name)
      .def_readonly("fixed", &Config::fixed)
      .def_readwrite("sizes", &Config::sizes)
      .def_readwrite("level", &Config::level)
      .def("title", &Config::title)
      .def("shown", &Config::shown)
      .def("twice", &Config::twice);
  nb::class_<Plan>(n, "Plan")
      .def_rw("steps", &Plan::steps)
      .def("first", &Plan::first);
}
