// RUN: %check_tidy %s cpython-threads-ft-drops-attach %t -python=3.13,3.15 -std=c++17 -- -- -isystem %S/../Inputs/bindings -Wno-undefined-internal -Wno-unused-variable

#include <map>
#include <mutex>
#include <pybind11/objects.h>
#include <shared_mutex>

int lib_work(int);

namespace py = pybind11;

// A lock of each build's own: that of the free-threaded one detaches while it
// waits.
#ifdef Py_GIL_DISABLED
class own_mutex {
public:
  void lock() { PyMutex_Lock(&mutex); }
  void unlock() { PyMutex_Unlock(&mutex); }

private:
  PyMutex mutex{};
};
using cache_mutex_t = own_mutex;
#else
using cache_mutex_t = std::mutex;
#endif

static std::map<PyObject *, long> cache;
static cache_mutex_t cache_mutex;
static std::shared_mutex shared_mutex;
static std::mutex leaf_mutex;

// --- What is left out although it is needed -----------------------------------------

// Who has the lock may run Python code, and so stop for the garbage collector.
static PyObject *spam_shared(PyObject *m, PyObject *key) {
  {
#if !defined(Py_GIL_DISABLED)
    const py::gil_scoped_release detached{};
#endif
    const std::unique_lock<std::shared_mutex> lock{shared_mutex};
#if !defined(Py_GIL_DISABLED)
    const py::gil_scoped_acquire attached{};
#endif
    cache[key] = PyObject_IsTrue(key);
  }
  Py_RETURN_NONE;
}
// CHECK-MESSAGES: :[[@LINE-10]]:15: warning: 'pybind11::gil_scoped_release' is left out of free-threaded builds, which need to detach before they block
// CHECK-NOTES: :[[@LINE-7]]:15: note: and so is 'pybind11::gil_scoped_acquire'
// CHECK-FIXES-REMOVED: #if !defined(Py_GIL_DISABLED)
// CHECK-FIXES-REMOVED: #endif
// CHECK-FIXES-REMOVED: #if !defined(Py_GIL_DISABLED)
// CHECK-FIXES-REMOVED: #endif

// A lock, and something else that may take its time.
static PyObject *spam_work(PyObject *m, PyObject *key) {
  int status;
  {
#ifndef Py_GIL_DISABLED
    py::gil_scoped_release detached;
#endif
    std::lock_guard<cache_mutex_t> lock(cache_mutex);
    status = lib_work(7);
  }
  return PyLong_FromLong(status);
}
// CHECK-MESSAGES: :[[@LINE-7]]:9: warning: 'pybind11::gil_scoped_release' is left out of free-threaded builds, which need to detach before they block
// CHECK-FIXES-REMOVED: #ifndef Py_GIL_DISABLED
// CHECK-FIXES-REMOVED: #endif

// --- What is left out on purpose ----------------------------------------------------

static PyObject *spam_cached(PyObject *m, PyObject *key) {
  long value = -1;
  {
#if !defined(Py_GIL_DISABLED)
    const py::gil_scoped_release detached{};
#endif
    const std::scoped_lock<cache_mutex_t> lock{cache_mutex};
    const auto it = cache.find(key);
    if (it != cache.end())
      value = it->second;
  }
  return PyLong_FromLong(value);
}

static PyObject *spam_store(PyObject *m, PyObject *key) {
#ifndef Py_GIL_DISABLED
  py::gil_scoped_release detached;
#endif
  std::unique_lock<cache_mutex_t> lock(cache_mutex);
#ifndef Py_GIL_DISABLED
  py::gil_scoped_acquire attached;
#endif
  cache[key] = PyObject_IsTrue(key);
  return PyLong_FromLong(1);
}

// Nobody does anything of Python with this lock.
static PyObject *spam_leaf(PyObject *m, PyObject *key) {
  size_t size;
#ifndef Py_GIL_DISABLED
  PyThreadState *state = PyEval_SaveThread();
#endif
  leaf_mutex.lock();
  size = cache.size();
  leaf_mutex.unlock();
#ifndef Py_GIL_DISABLED
  PyEval_RestoreThread(state);
#endif
  return PyLong_FromSize_t(size);
}

PyMethodDef spam_methods[] = {
    {"shared", spam_shared, METH_O, nullptr},
    {"work", spam_work, METH_O, nullptr},
    {"cached", spam_cached, METH_O, nullptr},
    {"store", spam_store, METH_O, nullptr},
    {"leaf", spam_leaf, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr}};
