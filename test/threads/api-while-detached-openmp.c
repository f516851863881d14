// RUN: %check_tidy %s cpython-threads-api-while-detached %t -python=3.13,3.15 -- -- -Wno-unknown-pragmas
// RUN: %check_tidy %s cpython-threads-api-while-detached %t -python=3.13 -- -- -fopenmp

// The threads of OpenMP have no thread state, whether the one that comes there is
// attached or not.
#include <Python.h>

void work(long);
static void note(PyObject *op) { Py_INCREF(op); }

static PyObject *spam_items(PyObject *m, PyObject *list) {
  Py_ssize_t n = PyList_Size(list);
#pragma omp parallel for schedule(static)
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *item = PyList_GetItem(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'PyList_GetItem' is called in a parallel region, whose threads are not attached [cpython-threads-api-while-detached]
    // CHECK-NOTES: :[[@LINE-4]]:1: note: the region runs in threads of OpenMP
    note(item);
    // CHECK-NOTES: :[[@LINE-1]]:5: note: 'note' uses 'Py_INCREF' and is called in a parallel region, whose threads are not attached
    work(i);
  }
  Py_RETURN_NONE;
}

static PyObject *spam_region(PyObject *m, PyObject *op) {
#pragma omp parallel
  {
    work(1);
#pragma omp critical
    { note(op); }
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'note' uses 'Py_INCREF' and is called in a parallel region, whose threads are not attached
    // CHECK-NOTES: :[[@LINE-23]]:34: note: 'Py_INCREF' is used here
    // CHECK-NOTES: :[[@LINE-7]]:1: note: the region runs in threads of OpenMP
  }
  Py_RETURN_NONE;
}

// --- Right --------------------------------------------------------------------------

static PyObject *spam_detached(PyObject *m, PyObject *op) {
  Py_BEGIN_ALLOW_THREADS
#pragma omp parallel for
  for (int i = 0; i < 10; i++)
    work(i);
  Py_END_ALLOW_THREADS
  PyErr_Clear();
  Py_RETURN_NONE;
}
// The thread that came there is as it was.
static PyObject *spam_master(PyObject *m, PyObject *op) {
#pragma omp parallel
  {
    work(1);
#pragma omp master
    { PyErr_CheckSignals(); }
  }
  Py_RETURN_NONE;
}
// Each thread attaches itself.
static PyObject *spam_attached(PyObject *m, PyObject *op) {
  Py_BEGIN_ALLOW_THREADS
#pragma omp parallel num_threads(4)
  {
    PyGILState_STATE state = PyGILState_Ensure();
    note(op);
    PyGILState_Release(state);
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}
static PyObject *spam_simd(PyObject *m, PyObject *op) {
  long sum = 0;
#pragma omp simd
  for (int i = 0; i < 10; i++)
    sum += i;
  return PyLong_FromLong(sum);
}

PyMethodDef spam_methods[] = {
    {"items", spam_items, METH_O, NULL},
    {"region", spam_region, METH_O, NULL},
    {"detached", spam_detached, METH_O, NULL},
    {"master", spam_master, METH_O, NULL},
    {"attached", spam_attached, METH_O, NULL},
    {"simd", spam_simd, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
