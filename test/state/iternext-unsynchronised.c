// RUN: %check_tidy %s cpython-state-iternext-unsynchronised %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *seq;
  Py_ssize_t index;
} Iter;

static PyObject *iter_next(Iter *it) {
  if (it->seq == NULL)
    return NULL;
  PyObject *value = PySequence_GetItem(it->seq, it->index++);
  if (value == NULL)
    Py_CLEAR(it->seq);
// CHECK-MESSAGES: :[[@LINE-1]]:5: warning: the next step of 'Iter' changes 'seq' without a lock; two threads that step the same iterator, in 'iter_next', can both release the object it holds [cpython-state-iternext-unsynchronised]
// CHECK-NOTES: :[[@LINE-6]]:7: note: 'iter_next' reads 'seq' here without a lock
// CHECK-NOTES: :[[@LINE-5]]:40: note: 'iter_next' reads 'seq' here without a lock
// CHECK-NOTES: :[[@LINE-9]]:18: note: 'iter_next' is the slot 'tp_iternext' of 'demo.Iter': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-14]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  return value;
}
static PyObject *iter_length_hint(Iter *it, PyObject *unused) {
  return PyLong_FromSsize_t(it->index);
}
static PyMethodDef iter_methods[] = {
    {"__length_hint__", (PyCFunction)iter_length_hint, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Iter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Iter",
    .tp_basicsize = sizeof(Iter),
    .tp_iternext = (iternextfunc)iter_next,
    .tp_methods = iter_methods,
};

// Two threads can get the same item, which CPython's own iterators accept too.
typedef struct {
  PyObject_HEAD
  PyObject *seq;
  Py_ssize_t index;
} Checked;

static PyObject *checked_next(Checked *it) {
  return PySequence_GetItem(it->seq, it->index++);
}
PyTypeObject Checked_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Checked",
    .tp_basicsize = sizeof(Checked),
    .tp_iternext = (iternextfunc)checked_next,
};

// The same index into memory goes past its end.
typedef struct {
  PyObject_HEAD
  long *items;
  Py_ssize_t index, size;
} Unchecked;

static PyObject *unchecked_next(Unchecked *it) {
  if (it->index >= it->size)
    return NULL;
  return PyLong_FromLong(it->items[it->index++]);
// CHECK-MESSAGES: :[[@LINE-1]]:36: warning: the next step of 'Unchecked' changes 'index' without a lock; two threads that step the same iterator, in 'unchecked_next', can go past the end or see half a step [cpython-state-iternext-unsynchronised]
// CHECK-NOTES: :[[@LINE-4]]:7: note: 'unchecked_next' reads 'index' here without a lock
// CHECK-NOTES: :[[@LINE-6]]:18: note: 'unchecked_next' is the slot 'tp_iternext' of 'demo.Unchecked': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-10]]:14: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
}
PyTypeObject Unchecked_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Unchecked",
    .tp_basicsize = sizeof(Unchecked),
    .tp_iternext = (iternextfunc)unchecked_next,
};

typedef struct {
  PyObject_HEAD
  PyObject *seq;
  Py_ssize_t index;
} Good;

static PyObject *good_next(Good *it) {
  PyObject *seq = NULL;
  Py_ssize_t index = -1;
  Py_BEGIN_CRITICAL_SECTION(it);
  if (it->index >= 0) {
    index = it->index++;
    seq = Py_XNewRef(it->seq);
  }
  Py_END_CRITICAL_SECTION();
  if (seq == NULL)
    return NULL;
  PyObject *value = PySequence_GetItem(seq, index);
  if (value == NULL) {
    Py_BEGIN_CRITICAL_SECTION(it);
    it->index = -1;
    Py_END_CRITICAL_SECTION();
  }
  Py_DECREF(seq);
  return value;
}
static void good_dealloc(Good *it) {
  Py_CLEAR(it->seq);
  PyObject_Free(it);
}
PyTypeObject Good_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Good",
    .tp_basicsize = sizeof(Good),
    .tp_dealloc = (destructor)good_dealloc,
    .tp_iternext = (iternextfunc)good_next,
};
