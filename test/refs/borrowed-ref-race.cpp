// C++: classes that hold a pointer, guards, references, lambdas.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix

#include <Python.h>
#include <mutex>

int use(PyObject *op); // May run Python code.

/// Holds a pointer and does not own it.
class Handle {
  PyObject *ptr_ = nullptr;

public:
  Handle() = default;
  Handle(PyObject *p) : ptr_(p) {}
  PyObject *ptr() const { return ptr_; }
};

/// Owns what it holds.
class Owner {
  PyObject *ptr_;

public:
  explicit Owner(PyObject *p) : ptr_(p) { Py_XINCREF(p); }
  ~Owner() { Py_XDECREF(ptr_); }
};

static std::mutex cache_mutex;
static PyObject *cache;

static PyObject *casts(PyObject *, PyObject *list) {
  auto *item = reinterpret_cast<PyObject *>(static_cast<void *>(PyList_GET_ITEM(list, 0)));
  // CHECK-MESSAGES: :[[@LINE-1]]:65: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
  return Py_NewRef(item);
}

static PyObject *handle(PyObject *, PyObject *list) {
  Handle h = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: borrowed reference from 'PyList_GetItem' on 'list' is
  if (!h.ptr())
    return nullptr;
  use(h.ptr());
  Py_RETURN_NONE;
}

static PyObject *owner(PyObject *, PyObject *list) {
  Owner o(PyList_GetItem(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: borrowed reference from 'PyList_GetItem' on 'list' is
  Py_RETURN_NONE;
}

static PyObject *compared(PyObject *, PyObject *dict) {
  if (PyObject *v = PyDict_GetItem(dict, Py_None); v == Py_None || v == nullptr)
    Py_RETURN_TRUE;
  Py_RETURN_FALSE;
}

static PyObject *guard(PyObject *, PyObject *key) {
  std::lock_guard<std::mutex> lock(cache_mutex);
  PyObject *v = PyDict_GetItemWithError(cache, key);
  return Py_XNewRef(v);
}

static PyObject *guard_too_short(PyObject *, PyObject *key) {
  PyObject *v;
  {
    std::lock_guard<std::mutex> lock(cache_mutex);
    v = PyDict_GetItemWithError(cache, key);
    // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: borrowed reference from 'PyDict_GetItemWithError' on 'cache' is
  }
  return Py_XNewRef(v);
}

static PyObject *put(PyObject *, PyObject *key) {
  std::lock_guard<std::mutex> lock(cache_mutex);
  return PyLong_FromLong(PyDict_SetItem(cache, key, key));
}

template <typename T> static int apply(PyObject *list, T use_item) {
  return use_item(PyList_GET_ITEM(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:19: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
}

static PyObject *instantiation(PyObject *, PyObject *list) {
  return PyLong_FromLong(apply(list, [](PyObject *item) { return use(item); }));
}

// A lambda looks in what the function around it was given.
static PyObject *captured(PyObject *, PyObject *list) {
  auto get = [list](Py_ssize_t i) { return PyList_GetItem(list, i); };
  // CHECK-MESSAGES: :[[@LINE-1]]:44: warning: borrowed reference from 'PyList_GetItem' on 'list' is
  PyObject *item = get(0);
  return item ? PyLong_FromLong(use(item)) : nullptr;
}

// The same of a local variable.
static PyObject *captured_local(PyObject *, PyObject *arg) {
  PyObject *list = PyObject_GetAttrString(arg, "items");
  PyObject *mine = PyList_New(1), *given = mine;
  if (!list || !mine)
    return nullptr;
  PyList_SET_ITEM(mine, 0, Py_NewRef(arg));
  auto get = [&](Py_ssize_t i) { return use(PyList_GetItem(list, i)); };
  // CHECK-MESSAGES: :[[@LINE-1]]:45: warning: borrowed reference from 'PyList_GetItem' on 'list' is
  auto of_mine = [=] { return use(PyList_GetItem(given, 0)); };
  auto renamed = [l = list] { return use(PyList_GetItem(l, 0)); };
  // CHECK-MESSAGES: :[[@LINE-1]]:42: warning: borrowed reference from 'PyList_GetItem' on 'l' is
  return PyLong_FromLong(get(0) + of_mine() + renamed());
}

static PyObject *fresh(PyObject *, PyObject *arg) {
  PyObject *list = PyList_New(1);
  PyObject *const &alias = list;
  PyList_SET_ITEM(list, 0, Py_NewRef(arg));
  use(PyList_GET_ITEM(alias, 0));
  return list;
}

static PyMethodDef methods[] = {
    {"casts", casts, METH_O, nullptr},       {"handle", handle, METH_O, nullptr},
    {"owner", owner, METH_O, nullptr},       {"compared", compared, METH_O, nullptr},
    {"guard", guard, METH_O, nullptr},       {"guard_too_short", guard_too_short, METH_O, nullptr},
    {"put", put, METH_O, nullptr},           {"instantiation", instantiation, METH_O, nullptr},
    {"captured", captured, METH_O, nullptr},
    {"captured_local", captured_local, METH_O, nullptr},
    {"fresh", fresh, METH_O, nullptr},       {nullptr, nullptr, 0, nullptr},
};
static PyModuleDef cxx_module = {
    PyModuleDef_HEAD_INIT, "cxx", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr,
};
PyMODINIT_FUNC PyInit_cxx(void) {
  cache = PyDict_New();
  return PyModule_Create(&cxx_module);
}
