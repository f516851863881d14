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

// Nothing below is wrong.

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

PyCFunction functions[] = {thrown, caught, blocked, a_function_inside};
