// The user's own section for sequences, of which the build with the GIL has nothing.
// RUN: %check_tidy %s cpython-refs-sequence-fast-shared %t -python=3.13 -no-fix

#include <Python.h>

#ifdef Py_GIL_DISABLED
#define BEGIN_SEQUENCE(original)                                                 \
  {                                                                              \
    PyObject *_original = (PyObject *)(original);                                \
    const int _locks = PyList_CheckExact(_original);                             \
    PyCriticalSection _section;                                                  \
    if (_locks) {                                                                \
      PyCriticalSection_Begin(&_section, _original);                             \
    }
#define END_SEQUENCE()                                                           \
  if (_locks) {                                                                  \
    PyCriticalSection_End(&_section);                                            \
  }                                                                              \
  }
#else
#define BEGIN_SEQUENCE(original) {
#define END_SEQUENCE() }
#endif

static PyObject *locked(PyObject *m, PyObject *op) {
  PyObject *fast = PySequence_Fast(op, "no sequence");
  if (fast == NULL)
    return NULL;
  long sum = 0;
  BEGIN_SEQUENCE(op);
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++)
    sum += PyLong_AsLong(PySequence_Fast_GET_ITEM(fast, i));
  END_SEQUENCE();
  Py_DECREF(fast);
  return PyLong_FromLong(sum);
}

static PyObject *other(PyObject *m, PyObject *op) {
  PyObject *fast = PySequence_Fast(op, "no sequence");
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: 'PySequence_Fast' gives back the very list it is given
  if (fast == NULL)
    return NULL;
  long sum = 0;
  BEGIN_SEQUENCE(m);
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++)
    sum += PyLong_AsLong(PySequence_Fast_GET_ITEM(fast, i));
  END_SEQUENCE();
  Py_DECREF(fast);
  return PyLong_FromLong(sum);
}

PyMethodDef methods[] = {{"locked", locked, METH_O, NULL},
                         {"other", other, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};
