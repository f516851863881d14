// RUN: %check_tidy %s cpython-refs-direct-struct-access %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions": the locks inside of the C API do not help who looks into its structs.
#include <Python.h>

// claim 2.30: the type of an object is read past the API.
static PyObject *spam_is_type(PyObject *module, PyObject *op) {
  return PyBool_FromLong(op->ob_type == &PyType_Type);
  // CHECK-MESSAGES: :[[@LINE-1]]:30: warning: field 'ob_type' of CPython's 'PyObject' is accessed directly; other threads change it, and it is not there in every build [cpython-refs-direct-struct-access]
}
static PyObject *spam_is_type_too(PyObject *module, PyObject *op) {
  return PyBool_FromLong(Py_TYPE(op) == &PyType_Type);
}
PyCFunction const functions[] = {spam_is_type, spam_is_type_too};
