// RUN: %check_tidy %s cpython-threads-allow-threads-exit %t -python=3.13

#include <Python.h>
#include <stdexcept>

int lib_do(void *h);

static PyObject *thrown(PyObject *self, PyObject *arg) {
  Py_BEGIN_ALLOW_THREADS
  if (lib_do(arg) < 0)
    throw std::runtime_error("failed");
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'throw' leaves the block with the thread detached: nothing can attach it again [cpython-threads-allow-threads-exit]
    // CHECK-NOTES: :[[@LINE-4]]:3: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

// Exceptions of what is called.
struct Library {
  int run();
  int quiet() noexcept;
};
extern "C" int c_call(int);
static int checked(int x) {
  if (x < 0)
    throw std::runtime_error("negative");
  return x;
}
static int plain(int x) { return c_call(x) + 1; }

static PyObject *surely(PyObject *self, PyObject *arg) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = checked(lib_do(arg));
  // CHECK-MESSAGES: :[[@LINE-1]]:8: warning: an exception of 'checked' leaves the block with the thread detached: nothing can attach it again
  // CHECK-NOTES: :[[@LINE-3]]:3: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *expected(PyObject *self, PyObject *arg) {
  int rc;
  try {
    Py_BEGIN_ALLOW_THREADS
    rc = Library().run();
    // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: an exception of 'run' leaves the block with the thread detached: nothing can attach it again
    // CHECK-NOTES: :[[@LINE-3]]:5: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
    Py_END_ALLOW_THREADS
  } catch (const std::exception &e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
    return nullptr;
  }
  return PyLong_FromLong(rc);
}
static PyObject *handled_inside(PyObject *self, PyObject *arg) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  try {
    rc = Library().run();
  } catch (...) {
    return nullptr;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves the block with the thread detached: nothing can attach it again
    // CHECK-NOTES: :[[@LINE-6]]:3: note: detached by 'Py_BEGIN_ALLOW_THREADS' here
  }
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}

// Nothing below is wrong.

static PyObject *not_expected(PyObject *self, PyObject *arg) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = Library().run() + plain(1);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *does_not_throw(PyObject *self, PyObject *arg) {
  int rc;
  try {
    rc = checked(lib_do(arg));
    Py_BEGIN_ALLOW_THREADS
    rc += Library().quiet() + plain(2);
    Py_END_ALLOW_THREADS
  } catch (const std::exception &e) {
    return nullptr;
  }
  return PyLong_FromLong(rc);
}
static PyObject *attached_again(PyObject *self, PyObject *arg) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  try {
    rc = checked(lib_do(arg));
  } catch (...) {
    Py_BLOCK_THREADS
    return nullptr;
  }
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *attached_behind(PyObject *self, PyObject *arg) {
  int rc = 0;
  PyThreadState *saved = nullptr;
  try {
    saved = PyEval_SaveThread();
    rc = checked(lib_do(arg));
  } catch (...) {
    rc = -1;
  }
  PyEval_RestoreThread(saved);
  return PyLong_FromLong(rc);
}

static PyObject *caught(PyObject *self, PyObject *arg) {
  bool failed = false;
  Py_BEGIN_ALLOW_THREADS
  try {
    if (lib_do(arg) < 0)
      throw std::runtime_error("failed");
  } catch (const std::exception &) {
    failed = true;
  }
  Py_END_ALLOW_THREADS
  if (failed)
    return PyErr_NoMemory();
  Py_RETURN_NONE;
}

static PyObject *blocked(PyObject *self, PyObject *arg) {
  Py_BEGIN_ALLOW_THREADS
  if (lib_do(arg) < 0) {
    Py_BLOCK_THREADS
    throw std::runtime_error("failed");
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static PyObject *a_function_inside(PyObject *self, PyObject *arg) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  auto run = [&]() { return lib_do(arg); };
  rc = run();
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}

PyCFunction functions[] = {thrown, surely, expected, handled_inside, not_expected, does_not_throw, attached_again,
                           attached_behind, caught, blocked, a_function_inside};
