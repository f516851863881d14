// RUN: %check_tidy %s cpython-state-iternext-unsynchronised %t -python=3.13,3.15 -fix-notes

#include <Python.h>

typedef struct {
  PyObject_HEAD
  const char *text;
  Py_ssize_t index, size;
} Chars;

static PyObject *chars_next(Chars *it) {
  if (it->index >= it->size)
    return NULL;
  return PyLong_FromLong(it->text[it->index++]);
// CHECK-MESSAGES: :[[@LINE-1]]:35: warning: the next step of 'Chars' changes 'index' without a lock; two threads that step the same iterator, in 'chars_next', can go past the end or see half a step [cpython-state-iternext-unsynchronised]
// CHECK-NOTES: :[[@LINE-4]]:7: note: 'chars_next' reads 'index' here without a lock
// CHECK-NOTES: :[[@LINE-6]]:18: note: 'chars_next' is the slot 'tp_iternext' of 'demo.Chars': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-10]]:14: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
}

PyTypeObject Chars_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Chars",
    .tp_basicsize = sizeof(Chars),
    .tp_iternext = (iternextfunc)chars_next,
};

// What the source gives is Python code's: a section does not last that long.
typedef struct {
  PyObject_HEAD
  PyObject *source;
} Chain;

static PyObject *chain_next(Chain *it) {
  if (it->source == NULL)
    return NULL;
  PyObject *item = PyIter_Next(it->source);
  if (item == NULL)
    Py_CLEAR(it->source);
// CHECK-MESSAGES: :[[@LINE-1]]:5: warning: the next step of 'Chain' changes 'source' without a lock; two threads that step the same iterator, in 'chain_next', can both release the object it holds [cpython-state-iternext-unsynchronised]
// CHECK-NOTES: :[[@LINE-6]]:7: note: 'chain_next' reads 'source' here without a lock
// CHECK-NOTES: :[[@LINE-5]]:32: note: 'chain_next' reads 'source' here without a lock
// CHECK-NOTES: :[[@LINE-9]]:18: note: 'chain_next' is the slot 'tp_iternext' of 'demo.Chain': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-13]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it; not rewritten automatically: 'PyIter_Next' can suspend a critical section between the uses in 'chain_next'
  return item;
}

PyTypeObject Chain_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Chain",
    .tp_basicsize = sizeof(Chain),
    .tp_iternext = (iternextfunc)chain_next,
};

// CHECK-FIXES: static PyObject *chars_next_lock_held(Chars *it) {
// CHECK-FIXES: }
// CHECK-FIXES: static PyObject *chars_next(Chars *it) {
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(it);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = chars_next_lock_held(it);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
