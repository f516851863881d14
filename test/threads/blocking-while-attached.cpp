// RUN: %check_tidy %s cpython-threads-blocking-while-attached %t -python=3.13 -std=c++17

#include <Python.h>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

int work(int);
struct Obj {
  PyObject_HEAD
  std::thread *thread;
};

static PyObject *cached(PyObject *self, PyObject *key) {
  static std::unordered_map<PyObject *, PyObject *> cache;
  static std::shared_mutex mutex;
  {
    std::shared_lock<std::shared_mutex> lock(mutex);
    // CHECK-MESSAGES: :[[@LINE-1]]:41: warning: the thread waits for 'mutex' while it is attached, and who has it may have to wait for this thread [cpython-threads-blocking-while-attached]
    // CHECK-NOTES: :[[@LINE+7]]:41: note: it waits here too
    // CHECK-NOTES: :[[@LINE+7]]:24: note: 'PyObject_Repr' can run Python code while 'mutex' is locked
    auto it = cache.find(key);
    if (it != cache.end())
      return Py_NewRef(it->second);
  }
  {
    std::unique_lock<std::shared_mutex> lock(mutex);
    cache.emplace(key, PyObject_Repr(key));
  }
  Py_RETURN_NONE;
}

static PyObject *join(PyObject *self, PyObject *) {
  reinterpret_cast<Obj *>(self)->thread->join();
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'std::thread::join' blocks the thread while it is attached: no other thread can run Python code with the GIL, or pause the others without it [cpython-threads-blocking-while-attached]
  Py_RETURN_NONE;
}

// Nothing below is wrong.

static PyObject *leaf(PyObject *self, PyObject *) {
  static std::mutex mutex;
  static int value;
  std::lock_guard<std::mutex> guard(mutex);
  return PyLong_FromLong(++value);
}
static PyObject *detached(PyObject *self, PyObject *) {
  Py_BEGIN_ALLOW_THREADS
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}
static PyMethodDef methods[] = {{"cached", cached, METH_O, nullptr},
                                {"join", join, METH_NOARGS, nullptr},
                                {"leaf", leaf, METH_NOARGS, nullptr},
                                {"detached", detached, METH_NOARGS, nullptr},
                                {nullptr, nullptr, 0, nullptr}};
PyMethodDef *exported = methods;
