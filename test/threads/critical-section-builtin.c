// RUN: %check_tidy %s cpython-threads-critical-section-builtin %t -python=3.13,3.15

#include <Python.h>

static int put(PyObject *d, PyObject *k, PyObject *v) {
  int rc;
  Py_BEGIN_CRITICAL_SECTION(d);
  rc = PyDict_SetItem(d, k, v);
  // CHECK-MESSAGES: :[[@LINE-1]]:8: warning: 'PyDict_SetItem' locks 'd' itself, so that the critical section adds nothing [cpython-threads-critical-section-builtin]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: the section begins here
  Py_END_CRITICAL_SECTION();
  return rc;
}

// Nothing below is wrong.

static int good_put(PyObject *d, PyObject *k, PyObject *v) { return PyDict_SetItem(d, k, v); }
static Py_ssize_t good_next(PyObject *d) {
  Py_ssize_t pos = 0, n = 0;
  PyObject *k, *v;
  Py_BEGIN_CRITICAL_SECTION(d);
  while (PyDict_Next(d, &pos, &k, &v))
    n++;
  Py_END_CRITICAL_SECTION();
  return n;
}
static int good_two(PyObject *d, PyObject *k, PyObject *v) {
  int rc;
  Py_BEGIN_CRITICAL_SECTION(d);
  rc = PyDict_SetItem(d, k, v);
  if (rc == 0)
    rc = PyDict_SetItem(d, v, k);
  Py_END_CRITICAL_SECTION();
  return rc;
}
static int good_other(PyObject *self, PyObject *d, PyObject *k, PyObject *v) {
  int rc;
  Py_BEGIN_CRITICAL_SECTION(self);
  rc = PyDict_SetItem(d, k, v);
  Py_END_CRITICAL_SECTION();
  return rc;
}
