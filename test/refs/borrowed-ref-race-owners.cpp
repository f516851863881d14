// C++: classes that own a reference, and the objects of such classes.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix

#include <Python.h>
#include <memory>
#include <utility>

PyObject *make_value();

class Ref {
  PyObject *ptr_ = nullptr;

public:
  Ref() = default;
  explicit Ref(PyObject *p) : ptr_(p) {}
  Ref(const Ref &o) : ptr_(o.ptr_) { Py_XINCREF(ptr_); }
  Ref(Ref &&o) noexcept : ptr_(o.ptr_) { o.ptr_ = nullptr; }
  ~Ref() { Py_XDECREF(ptr_); }
  Ref &operator=(Ref o) {
    std::swap(ptr_, o.ptr_);
    return *this;
  }
  PyObject *get() const { return ptr_; }
  PyObject *operator->() const { return ptr_; }
  operator PyObject *() const { return ptr_; }
  explicit operator bool() const { return ptr_ != nullptr; }
  PyObject *release() {
    PyObject *p = ptr_;
    ptr_ = nullptr;
    return p;
  }
  void reset(PyObject *p) {
    Py_XDECREF(ptr_);
    ptr_ = p;
  }
  static Ref borrow(PyObject *p) {
    Py_XINCREF(p);
    return Ref(p);
  }
};

struct Drop {
  void operator()(PyObject *p) const { Py_XDECREF(p); }
};
using Unique = std::unique_ptr<PyObject, Drop>;

static PyObject *attribute(PyObject *, PyObject *arg) {
  Ref dict(PyObject_GetAttrString(arg, "registry"));
  if (!dict)
    return nullptr;
  PyObject *v = PyDict_GetItemString(dict.get(), "k");
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemString' on 'dict.get()' is
  Py_XINCREF(v);
  return v;
}

static PyObject *unique(PyObject *, PyObject *arg) {
  Unique dict(PyObject_GetAttrString(arg, "registry"));
  PyObject *v = PyDict_GetItemString(dict.get(), "k");
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemString' on 'dict.get()' is
  Py_XINCREF(v);
  return v;
}

static PyObject *argument(PyObject *, PyObject *arg) {
  Ref list = Ref::borrow(arg);
  PyObject *v = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyList_GetItem' on 'list' is
  Py_XINCREF(v);
  return v;
}

static PyObject *kept(PyObject *, PyObject *arg) {
  Ref v = Ref::borrow(PyList_GetItem(arg, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:23: warning: borrowed reference from 'PyList_GetItem' on 'arg' is
  return v.release();
}

static PyObject *reset(PyObject *, PyObject *arg) {
  Ref list(PyList_New(0));
  list.reset(Py_NewRef(arg));
  PyObject *v = PyList_GetItem(list.get(), 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyList_GetItem' on 'list.get()' is
  Py_XINCREF(v);
  return v;
}

static PyObject *first(const Ref &list) {
  return PyList_GET_ITEM(list.get(), 0);
}

static PyObject *by_reference(PyObject *, PyObject *arg) {
  Ref list = Ref::borrow(arg);
  PyObject *v = first(list);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'first' on 'list' is
  return PyObject_Str(v);
}

//===--- Nobody else has it --------------------------------------------------===//

static PyObject *copies(PyObject *, PyObject *arg) {
  Ref list(PySequence_List(arg)), dict;
  dict = Ref(PyDict_Copy(arg));
  Unique other(PySequence_List(arg));
  PyObject *v = PyDict_GetItem(dict.get(), PyList_GET_ITEM(list.get(), 0));
  Py_XINCREF(v);
  Py_XINCREF(PyList_GET_ITEM(other.get(), 0));
  return v;
}

static PyObject *made_here(PyObject *, PyObject *arg) {
  Ref list;
  list.reset(PyList_New(0));
  PyList_Append(list, arg);
  return Py_NewRef(PyList_GET_ITEM(list.get(), 0));
}

//===--- Members of a class that is no object --------------------------------===//

class Registry {
  PyObject *dict_ = nullptr;

public:
  PyObject *lookup(PyObject *key) {
    PyObject *v = PyDict_GetItem(dict_, key);
    // CHECK-MESSAGES: :[[@LINE-1]]:19: warning: borrowed reference from 'PyDict_GetItem' on 'dict_' is
    Py_XINCREF(v);
    return v;
  }
  void put(PyObject *key, PyObject *v) { PyDict_SetItem(dict_, key, v); }
};

static Registry registry;

static PyObject *shared(PyObject *, PyObject *key) {
  PyObject *v = registry.lookup(key);
  if (!v) {
    v = make_value();
    registry.put(key, v);
  }
  return v;
}

class Memo {
  PyObject *dict_;

public:
  Memo() : dict_(PyDict_New()) {}
  ~Memo() { Py_XDECREF(dict_); }
  PyObject *lookup(PyObject *key) {
    return Py_XNewRef(PyDict_GetItem(dict_, key));
  }
  void put(PyObject *key) { PyDict_SetItem(dict_, key, key); }
};

static PyObject *of_the_call(PyObject *, PyObject *key) {
  Memo memo;
  memo.put(key);
  return memo.lookup(key);
}

static PyMethodDef methods[] = {
    {"attribute", attribute, METH_O, nullptr},
    {"unique", unique, METH_O, nullptr},
    {"argument", argument, METH_O, nullptr},
    {"kept", kept, METH_O, nullptr},
    {"reset", reset, METH_O, nullptr},
    {"by_reference", by_reference, METH_O, nullptr},
    {"copies", copies, METH_O, nullptr},
    {"made_here", made_here, METH_O, nullptr},
    {"shared", shared, METH_O, nullptr},
    {"of_the_call", of_the_call, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr}};

static PyModuleDef def = {PyModuleDef_HEAD_INIT, "mod", nullptr, 0, methods};

PyMODINIT_FUNC PyInit_mod() { return PyModuleDef_Init(&def); }
