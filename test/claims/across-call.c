// RUN: %check_tidy %s cpython-refs-borrowed-ref-across-call %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions", claim 2.23: many calls could run other code all along, with the GIL too.
#include <Python.h>

static PyObject *spam_twice(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after {{.*}} [cpython-refs-borrowed-ref-across-call]
  if (item == NULL || PyObject_CallMethod(list, "clear", NULL) == NULL)
    return NULL;
  return PyObject_Repr(item);
}
PyMethodDef spam_methods[] = {{"twice", spam_twice, METH_O, NULL}, {NULL, NULL, 0, NULL}};
