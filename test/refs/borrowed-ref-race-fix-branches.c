// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13 -config=ft

// One variable, of which only one branch has the value that is looked up: the Py_INCREF of the other stays.
#include <Python.h>

int use(PyObject *op);

PyObject *two_values(PyObject *self, PyObject *args, PyObject *kwargs) {
  PyObject *obj = NULL, *made = NULL;
  if (PyTuple_GET_SIZE(args) == 0) {
    if (kwargs)
      obj = PyDict_GetItemString(self, "obj");
    // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: borrowed reference from 'PyDict_GetItemString' on 'self' is used after another thread may have dropped it
    // CHECK-FIXES:     if (kwargs) {
    // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
    // CHECK-FIXES:       if (PyDict_GetItemStringRef(self, "obj", &obj) < 0) {
    // CHECK-FIXES:         PyErr_Clear();
    // CHECK-FIXES:       }
    // CHECK-FIXES: #else
    // CHECK-FIXES:       Py_XINCREF(obj);
    // CHECK-FIXES: #endif
    // CHECK-FIXES:     }
    // CHECK-FIXES:     Py_XDECREF(obj);
    if (obj)
      made = PyTuple_Pack(2, obj, Py_None);
  } else {
    obj = PyTuple_GET_ITEM(args, 0);
    made = PyTuple_New(1);
    if (made) {
      Py_INCREF(obj);
      PyTuple_SET_ITEM(made, 0, obj);
    }
  }
  return made;
}

// Two look-ups into one variable become strong together, and a variable that is used again is given up in between.
PyObject *chained(PyObject *self, PyObject *dict) {
  PyObject *value = PyDict_GetItemString(dict, "a");
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyDict_GetItemString' on 'dict' is used after another thread may have dropped it
  // CHECK-FIXES:   PyObject *value;
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
  // CHECK-FIXES:   if (PyDict_GetItemStringRef(dict, "a", &value) < 0) {
  // CHECK-FIXES:     PyErr_Clear();
  // CHECK-FIXES:   }
  // CHECK-FIXES: #else
  // CHECK-FIXES:   value = PyDict_GetItemString(dict, "a");
  // CHECK-FIXES:   Py_XINCREF(value);
  // CHECK-FIXES: #endif
  if (value == NULL)
    value = PyDict_GetItemString(dict, "b");
  // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: borrowed reference from 'PyDict_GetItemString' on 'dict'
  // CHECK-FIXES:   if (value == NULL) {
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
  // CHECK-FIXES:     if (PyDict_GetItemStringRef(dict, "b", &value) < 0) {
  // CHECK-FIXES:       PyErr_Clear();
  // CHECK-FIXES:     }
  // CHECK-FIXES: #else
  // CHECK-FIXES:     value = PyDict_GetItemString(dict, "b");
  // CHECK-FIXES:     Py_XINCREF(value);
  // CHECK-FIXES: #endif
  // CHECK-FIXES:   }
  if (value == NULL || use(value) < 0)
    // CHECK-FIXES:   if (value == NULL || use(value) < 0) {
    // CHECK-FIXES:     Py_XDECREF(value);
    return NULL;
  // CHECK-FIXES:   }
  // CHECK-FIXES:   Py_DECREF(value);
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {{"chained", chained, METH_O, NULL},
                         {"two_values", (PyCFunction)(void (*)(void))two_values, METH_VARARGS | METH_KEYWORDS, NULL}, {NULL, NULL, 0, NULL}};
