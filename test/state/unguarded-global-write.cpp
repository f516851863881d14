// RUN: %check_tidy %s cpython-state-unguarded-global-write %t -std=c++17 -python=3.13

#include <Python.h>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace {

std::map<std::string, int> registry;
// CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'registry' is a container that all threads share; 'add' writes it while 'size' can read it, with no lock in common [cpython-state-unguarded-global-write]
PyObject *add(PyObject *, PyObject *) {
  registry["x"] = 1;
  Py_RETURN_NONE;
}
PyObject *size(PyObject *, PyObject *) {
  return PyLong_FromSize_t(registry.size());
}

std::vector<int> &numbers() {
  static std::vector<int> them;
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'them' is a container that all threads share; 'append' writes it while another thread in 'append' can too
  return them;
}
PyObject *append(PyObject *, PyObject *) {
  numbers().push_back(1);
  Py_RETURN_NONE;
}

class Settings {
public:
  static Settings &instance() {
    static Settings it;
    // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'it' is a variable that all threads share; 'set_level' writes it while 'get_level' can read it
    return it;
  }
  void setLevel(int value) { level = value; }
  int getLevel() const { return level; }

private:
  int level = 0;
};
PyObject *set_level(PyObject *, PyObject *) {
  Settings::instance().setLevel(3);
  Py_RETURN_NONE;
}
PyObject *get_level(PyObject *, PyObject *) {
  return PyLong_FromLong(Settings::instance().getLevel());
}

struct Counted {
  static int alive;
  Counted() { ++alive; }
  ~Counted() { --alive; }
};
int Counted::alive = 0;
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'alive' is a counter that all threads share

PyObject *make_counted(PyObject *, PyObject *) {
  Counted counted;
  Py_RETURN_NONE;
}

std::mt19937 generator;
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'generator' is a container that all threads share
PyObject *draw(PyObject *, PyObject *) {
  return PyLong_FromUnsignedLong(generator());
}

inline int shared_inline = 0;
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'shared_inline' is a counter that all threads share
PyObject *count(PyObject *, PyObject *) {
  ++shared_inline;
  Py_RETURN_NONE;
}

// Near misses.
class Locked {
public:
  static Locked &instance() {
    static Locked it;
    return it;
  }
  void set(int value) {
    std::lock_guard<std::mutex> guard(mutex);
    level = value;
  }
  int get() {
    std::lock_guard<std::mutex> guard(mutex);
    return level;
  }

private:
  std::mutex mutex;
  int level = 0;
};
PyObject *set_locked(PyObject *, PyObject *) {
  Locked::instance().set(3);
  return PyLong_FromLong(Locked::instance().get());
}

std::mutex registry_mutex;
std::map<std::string, int> guarded;
PyObject *add_guarded(PyObject *, PyObject *) {
  const std::scoped_lock lock(registry_mutex);
  guarded["x"] = 1;
  Py_RETURN_NONE;
}

std::array<std::atomic<int>, 4> atomics;
struct {
  std::atomic<long> n{0};
} stats;
thread_local std::vector<int> scratch;
std::map<std::string, int> filled{{"a", 1}};
struct Allocator {
  void *allocate(size_t n) { return PyMem_Malloc(n); }
};
Allocator allocator;
std::vector<int> filled_once;
PyObject *fill_once(PyObject *, PyObject *) {
  static const bool filled = [] {
    filled_once.push_back(1);
    return true;
  }();
  return PyBool_FromLong(filled);
}
std::once_flag once;
std::vector<int> made_once;
PyObject *silent(PyObject *, PyObject *) {
  atomics[1]++;
  stats.n += 2;
  ++stats.n;
  scratch.push_back(1);
  std::call_once(once, [] { made_once.push_back(3); });
  PyMem_Free(allocator.allocate(1));
  auto found = filled.find("a");
  return PyLong_FromLong(found->second + made_once[0]);
}

PyMethodDef methods[] = {{"add", add, METH_NOARGS},
                         {"size", size, METH_NOARGS},
                         {"append", append, METH_NOARGS},
                         {"set_level", set_level, METH_NOARGS},
                         {"get_level", get_level, METH_NOARGS},
                         {"make_counted", make_counted, METH_NOARGS},
                         {"draw", draw, METH_NOARGS},
                         {"count", count, METH_NOARGS},
                         {"set_locked", set_locked, METH_NOARGS},
                         {"add_guarded", add_guarded, METH_NOARGS},
                         {"silent", silent, METH_NOARGS},
                         {"fill_once", fill_once, METH_NOARGS},
                         {}};
} // namespace
PyMethodDef *spam_methods = methods;
