// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13,3.15

// Functions of other files that hand out borrowed references say so.

#include <Python.h>

PyObject *first_of(PyObject *list)
    __attribute__((annotate("pyext:borrowed=PyList_GetItem")));
PyObject *option(int flags, PyObject *dict, PyObject *key)
    __attribute__((annotate("pyext:borrowed=PyDict_GetItemWithError:1")));
PyObject *made_of(PyObject *list); // Says nothing.
PyObject *wrong(PyObject *list)
    __attribute__((annotate("pyext:borrowed=PyList_Append")));

static PyObject *first(PyObject *m, PyObject *list) {
  return Py_XNewRef(first_of(list));
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'first_of' on 'list' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
  // CHECK-NOTES: :[[@LINE-3]]:47: note: any thread that holds the object passed as argument 'list' can change it
  // CHECK-NOTES: :[[@LINE-3]]:10: note: the reference becomes strong only here
  // CHECK-NOTES: :[[@LINE-13]]:11: note: 'first_of' hands out a reference borrowed with 'PyList_GetItem'
  // CHECK-NOTES: :[[@LINE-5]]:21: note: 'PyList_GetItemRef' returns a strong reference (Python 3.13, or pythoncapi_compat.h); not rewritten automatically: the look-up is in another function
}

static PyObject *find(PyObject *m, PyObject *dict) {
  PyObject *found = option(0, dict, m);
  return PyObject_Repr(found ? found : Py_None);
  // CHECK-MESSAGES: :[[@LINE-2]]:21: warning: borrowed reference from 'option' on 'dict' is used after another thread may have dropped it
  // CHECK-NOTES: :[[@LINE-4]]:46: note: any thread that holds the object passed as argument 'dict' can change it
  // CHECK-NOTES: :[[@LINE-3]]:10: note: the reference is used last here
  // CHECK-NOTES: :[[@LINE-21]]:11: note: 'option' hands out a reference borrowed with 'PyDict_GetItemWithError'
  // CHECK-NOTES: :[[@LINE-6]]:21: note: 'PyDict_GetItemRef' returns a strong reference
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *others(PyObject *m, PyObject *list) {
  Py_XDECREF(Py_XNewRef(made_of(list)));
  return Py_XNewRef(wrong(list));
}

// A list that nobody else has.
static PyObject *own(PyObject *m, PyObject *iterable) {
  PyObject *list = PySequence_List(iterable);
  if (list == NULL)
    return NULL;
  PyObject *item = Py_XNewRef(first_of(list));
  Py_DECREF(list);
  return item;
}

PyMethodDef methods[] = {{"first", first, METH_O, NULL},
                         {"find", find, METH_O, NULL},
                         {"others", others, METH_O, NULL},
                         {"own", own, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};
