// RUN: %check_tidy %s cpython-modules-gil-slot-contradicted,cpython-modules-interpreters-slot-contradicted %t -no-fix -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal

// pybind11 pull request 5564: free threading and interpreters are different matters.
#include <atomic>
#include <mutex>
#include <pybind11/pybind11.h>

namespace py = pybind11;

// claim 1.13: an atomic pointer to one object is right without the GIL and wrong with several interpreters.
static std::atomic<PyObject *> answer;
static PyObject *get_answer() {
  if (!answer.load())
    answer = PyLong_FromLong(42);
  return answer.load();
}
// claim 1.7: the body of PYBIND11_MODULE runs once per interpreter, so it writes one object for all of them. claim 1.1: static
// objects of a binding are one per process. claim 1.16: objects are not mixed between interpreters.
static PyObject *error;
// claim 1.17: what is shared by all needs a lock, then it is process-wide state like any other.
static std::mutex mutex;
static long total;
static void add(long n) {
  std::lock_guard<std::mutex> guard(mutex);
  total += n;
}

// claim 1.15: nothing stands against one promise, and something against the other.
PYBIND11_MODULE(spam, m, py::mod_gil_not_used(), py::multiple_interpreters::per_interpreter_gil()) {
  error = PyErr_NewException("spam.Error", nullptr, nullptr);
  m.def("get_answer", &get_answer);
  m.def("add", &add);
}
// CHECK-MESSAGES: :[[@LINE-5]]:1: warning: module 'spam' declares 'multiple_interpreters::per_interpreter_gil', but {{[0-9]+}} place{{s?}} in this file mix{{(es)?}} interpreters [cpython-modules-interpreters-slot-contradicted]
