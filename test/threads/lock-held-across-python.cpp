// RUN: %check_tidy %s cpython-threads-lock-held-across-python %t -python=3.13 -std=c++17

// C++ guards, a template, and inline functions of a binding library.
#include <Python.h>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace pybind11 {
class handle {
public:
  handle(PyObject *p) : m_ptr(p) {}
  PyObject *ptr() const { return m_ptr; }

private:
  PyObject *m_ptr;
};
class str : public handle {
public:
  str(PyObject *p) : handle(p) {}
  operator std::string() const { return PyUnicode_AsUTF8(ptr()); }
};
inline str repr(const handle &h) { return str(PyObject_Repr(h.ptr())); }
} // namespace pybind11
namespace py = pybind11;

inline std::string PyRepr(const py::handle &object) {
  return static_cast<std::string>(py::repr(object));
}

class Registry {
public:
  static void add(const py::handle &cls);
  static int size();

private:
  template <bool Flag> static void addOne(const py::handle &cls);
  static inline std::shared_mutex sm_mutex{};
  static inline std::unordered_map<PyObject *, int> sm_table{};
};

template <bool Flag> void Registry::addOne(const py::handle &cls) {
  if (!sm_table.emplace(cls.ptr(), Flag).second)
    throw std::string("already there: " + PyRepr(cls));
    // CHECK-MESSAGES: :[[@LINE-1]]:43: warning: 'PyRepr' runs Python code while 'sm_mutex' is locked [cpython-threads-lock-held-across-python]
    // CHECK-NOTES: :[[@LINE-23]]:47: note: 'PyObject_Repr' is called here
    // CHECK-NOTES: :[[@LINE+3]]:5: note: 'PyErr_WarnEx' runs Python code while 'sm_mutex' is locked
    // CHECK-NOTES: :[[@LINE+6]]:45: note: locked by the caller here
  if (Flag)
    PyErr_WarnEx(PyExc_UserWarning, "again", 2);
}

void Registry::add(const py::handle &cls) {
  const std::unique_lock<std::shared_mutex> lock{sm_mutex};
  addOne<true>(cls);
  addOne<false>(cls);
}

// Nothing below is wrong.

int Registry::size() {
  std::shared_lock<std::shared_mutex> lock(sm_mutex);
  return static_cast<int>(sm_table.size());
}

static std::mutex mu;
static int value;
std::string unlocked(const py::handle &h) {
  std::unique_lock<std::mutex> lock(mu);
  value++;
  lock.unlock();
  return PyRepr(h);
}
std::string in_scope(const py::handle &h) {
  {
    std::lock_guard<std::mutex> guard(mu);
    value++;
  }
  return PyRepr(h);
}
// Gives the lock back while it lives.
class Unlocked {
public:
  explicit Unlocked(std::mutex &mutex) : mutex(mutex) { mutex.unlock(); }
  ~Unlocked() { mutex.lock(); }

private:
  std::mutex &mutex;
};
std::string given_back(const py::handle &h) {
  std::lock_guard<std::mutex> guard(mu);
  value++;
  std::string text;
  {
    Unlocked unlocked(mu);
    text = PyRepr(h);
  }
  value++;
  return text;
}
