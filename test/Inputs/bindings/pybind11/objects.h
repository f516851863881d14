/* More of pybind11, inline as it is there: what the tests of detached code need. */
#pragma once
#include "pybind11.h"
#include <stdexcept>
#include <string>

namespace pybind11 {
class gil_scoped_release {
public:
  gil_scoped_release() : state(PyEval_SaveThread()) {}
  gil_scoped_release(const gil_scoped_release &) = delete;
  ~gil_scoped_release() { PyEval_RestoreThread(state); }

private:
  PyThreadState *state;
};
template <class... Guards> struct call_guard {};

class handle {
public:
  handle() = default;
  explicit handle(PyObject *op) : m_ptr(op) {}
  PyObject *ptr() const { return m_ptr; }
  bool is_none() const { return m_ptr == Py_None; }
  const handle &inc_ref() const {
    Py_XINCREF(m_ptr);
    return *this;
  }

protected:
  PyObject *m_ptr = nullptr;
};
namespace detail {
template <class T> struct caster;
template <> struct caster<int> {
  static handle cast(int value) { return handle(PyLong_FromLong(value)); }
};
template <> struct caster<const char *> {
  static handle cast(const char *value) { return handle(PyUnicode_FromString(value)); }
};
} // namespace detail
template <class T> handle cast(T value) { return detail::caster<T>::cast(value); }

class function : public handle {
public:
  using handle::handle;
  template <class... Args> handle operator()(Args... args) const {
    return handle(PyObject_CallFunctionObjArgs(m_ptr, cast(args).ptr()..., nullptr));
  }
  handle attr(const char *name) const { return handle(PyObject_GetAttrString(m_ptr, name)); }
};
class list : public handle {
public:
  list() : handle(PyList_New(0)) {}
  template <class T> void append(T value) const {
    if (PyList_Append(m_ptr, cast(value).ptr()) != 0)
      throw std::runtime_error(error());
  }
  static std::string error() {
    PyErr_Clear();
    return "cannot append";
  }
};
/* Attaches the thread itself. */
inline std::string describe(const handle &op) {
  gil_scoped_acquire gil;
  return PyUnicode_AsUTF8(PyObject_Repr(op.ptr()));
}
/* The error alone uses the C API. */
inline const double *data(const handle &op, bool writable) {
  if (!writable)
    throw std::runtime_error(list::error());
  return reinterpret_cast<const double *>(op.ptr());
}
template <class T> void print(T value) {
  handle(PyObject_Str(cast(value).ptr())).inc_ref();
}
template <class T> class class_ {
public:
  class_(module_ &, const char *) {}
  template <class F, class... Extra> class_ &def(const char *, F &&, const Extra &...) { return *this; }
};
} // namespace pybind11
