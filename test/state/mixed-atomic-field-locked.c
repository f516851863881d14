// RUN: %check_tidy %s cpython-state-mixed-atomic-field %t -python=3.13

// Writers hold the lock, and a reader outside of it is atomic: the writes have to
// be so, too.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t plain;
  Py_ssize_t stored;
} Iter;

static PyObject *iter_next(Iter *it) {
  PyObject *result = NULL;
  Py_BEGIN_CRITICAL_SECTION(it);
  if (it->plain > 0)
    result = PyLong_FromSsize_t(it->plain--);
// CHECK-MESSAGES: :[[@LINE-1]]:33: warning: 'iter_next' changes 'plain' of 'Iter' with a plain access, while 'iter_len' can be at the atomic read of it [cpython-state-mixed-atomic-field]
// CHECK-NOTES: :[[@LINE+15]]:46: note: 'iter_len' reads 'plain' here with an atomic operation
// CHECK-NOTES: :[[@LINE-7]]:18: note: 'iter_next' is the slot 'tp_iternext' of 'demo.Iter': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-12]]:14: note: use atomic operations everywhere, or one lock
  Py_END_CRITICAL_SECTION();
  return result;
}

static PyObject *iter_store(Iter *it, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(it);
  __atomic_store_n(&it->stored, 1, __ATOMIC_RELAXED);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *iter_len(Iter *it, PyObject *unused) {
  return PyLong_FromSsize_t(__atomic_load_n(&it->plain, __ATOMIC_RELAXED) +
                            __atomic_load_n(&it->stored, __ATOMIC_RELAXED));
}

static PyMethodDef iter_methods[] = {
    {"__length_hint__", (PyCFunction)iter_len, METH_NOARGS, NULL},
    {"store", (PyCFunction)iter_store, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Iter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Iter",
    .tp_basicsize = sizeof(Iter),
    .tp_iternext = (iternextfunc)iter_next,
    .tp_methods = iter_methods,
};
