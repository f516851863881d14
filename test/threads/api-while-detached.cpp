// RUN: %check_tidy %s cpython-threads-api-while-detached %t -python=3.13

// Classes that detach and attach, user-defined ones among them, and objects that
// own references.
#include <Python.h>
#include <mutex>
#include <thread>

namespace pybind11 {
class handle {
public:
  handle() = default;
  handle(PyObject *p) : m_ptr(p) {}
  PyObject *ptr() const { return m_ptr; }

protected:
  PyObject *m_ptr = nullptr;
};
class object : public handle {
public:
  object() = default;
  object(PyObject *p) : handle(p) {}
  object(const object &o) : handle(o) { Py_XINCREF(m_ptr); }
  object(object &&o) noexcept : handle(o) { o.m_ptr = nullptr; }
  ~object() { Py_XDECREF(m_ptr); }
};
class list : public object {};
class gil_scoped_release {
public:
  gil_scoped_release() { state = PyEval_SaveThread(); }
  ~gil_scoped_release() { PyEval_RestoreThread(state); }
  gil_scoped_release(const gil_scoped_release &) = delete;

private:
  PyThreadState *state;
};
class gil_scoped_acquire {
public:
  gil_scoped_acquire() { state = PyGILState_Ensure(); }
  ~gil_scoped_acquire() { PyGILState_Release(state); }

private:
  PyGILState_STATE state;
};
template <typename... Ts> struct call_guard {};
struct module_ {
  template <typename F, typename... Extra>
  module_ &def(const char *name, F &&f, const Extra &...extra) { return *this; }
};
} // namespace pybind11
namespace py = pybind11;

int work(int);

int released(PyObject *op) {
  py::gil_scoped_release release;
  int rc = work(1);
  Py_INCREF(op);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_INCREF' is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-4]]:26: note: detached here
  return rc;
}

// A class of the user's own.
class Unlocked {
public:
  Unlocked() : saved(PyEval_SaveThread()) {}
  ~Unlocked() { PyEval_RestoreThread(saved); }

private:
  PyThreadState *saved;
};
class Attached {
public:
  Attached() : state(PyGILState_Ensure()) {}
  ~Attached() { PyGILState_Release(state); }

private:
  PyGILState_STATE state;
};
int own_class(PyObject *op) {
  int rc;
  {
    Unlocked unlocked;
    rc = work(1);
    PyErr_Clear();
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'PyErr_Clear' is called while the thread is detached [cpython-threads-api-while-detached]
    // CHECK-NOTES: :[[@LINE-4]]:14: note: detached here
  }
  Py_INCREF(op);
  return rc;
}

int handler(PyObject *op) {
  int rc = 0;
  Py_BEGIN_ALLOW_THREADS
  try {
    rc = work(2);
  } catch (...) {
    PyErr_NoMemory();
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'PyErr_NoMemory' is called while the thread is detached [cpython-threads-api-while-detached]
    // CHECK-NOTES: :[[@LINE-6]]:3: note: detached here
  }
  Py_END_ALLOW_THREADS
  return rc;
}

int copies(const py::object &op) {
  py::gil_scoped_release release;
  py::object copy(op);
  // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: an object of class 'object' is made while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE-2]]:14: note: 'copy' drops its reference while the thread is detached
  return work(3);
}

// Bound so that it runs detached.
int bound(int x) {
  PyErr_Clear();
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyErr_Clear' is called while the thread is detached [cpython-threads-api-while-detached]
  // CHECK-NOTES: :[[@LINE+9]]:25: note: the function is bound with a guard that detaches the thread
  return x;
}
int bound_attached(int x) {
  PyErr_Clear();
  return x;
}
void bind(py::module_ &m) {
  m.def("bound_attached", bound_attached);
  m.def("bound", bound, py::call_guard<py::gil_scoped_release>());
  m.def("lambda", [](int x) { return work(x); }, py::call_guard<py::gil_scoped_release>());
}

// Nothing below is wrong.

int nested(PyObject *op) {
  py::gil_scoped_release release;
  int rc = work(1);
  if (rc < 0) {
    py::gil_scoped_acquire acquire;
    Py_INCREF(op);
  }
  {
    Attached attached;
    PyErr_Clear();
  }
  return rc;
}
int in_scope(PyObject *op) {
  int rc;
  {
    py::gil_scoped_release release;
    rc = work(1);
  }
  Py_INCREF(op);
  return rc;
}
int moves(py::object op) {
  py::object kept;
  {
    py::gil_scoped_release release;
    work(1);
  }
  return kept.ptr() == op.ptr();
}
int handler_attaches(PyObject *op) {
  PyThreadState *saved = PyEval_SaveThread();
  int rc = 0;
  try {
    rc = work(4);
  } catch (...) {
    PyEval_RestoreThread(saved);
    PyErr_NoMemory();
    return -1;
  }
  PyEval_RestoreThread(saved);
  return rc;
}
int handles(const py::object &op) {
  py::gil_scoped_release release;
  py::handle h(op);
  return work(h.ptr() != nullptr);
}
