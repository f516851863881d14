// RUN: %check_tidy %s cpython-state-cxx-static-object %t -python=3.13,3.15

#include <Python.h>

// C has no destructors: these are the business of other checks.
typedef struct {
  PyObject *object;
} Ref;
static Ref global;
static PyObject *set(PyObject *module, PyObject *arg) {
  static PyObject *last;
  Py_XSETREF(global.object, Py_NewRef(arg));
  Py_XSETREF(last, Py_NewRef(arg));
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"set", set, METH_O}, {NULL}};
PyMethodDef *methods = spam_methods;
