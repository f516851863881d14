// The fix takes a strong reference at the look-up.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-across-call %t -option=MinPython=3.13 -fix-min-python=3.13 -python=3.13,3.15

#include <Python.h>

int use(PyObject *op);

static PyObject *visit_all(PyObject *m, PyObject *list) {
  for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
    PyObject *item = PyList_GetItem(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after 'use' may have run code that drops it
    // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, i);
    if (item == NULL)
      return NULL;
    // CHECK-FIXES: if (use(item) < 0) {
    // CHECK-FIXES: Py_DECREF(item);
    // CHECK-FIXES: return NULL;
    // CHECK-FIXES: }
    if (use(item) < 0)
      return NULL;
    // CHECK-FIXES: if (use(item) < 0) {
    // CHECK-FIXES: Py_DECREF(item);
    // CHECK-FIXES: return NULL;
    // CHECK-FIXES: }
    // CHECK-FIXES: Py_DECREF(item);
    if (use(item) < 0)
      return NULL;
  }
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"visit_all", visit_all, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef fixed_module = {
    PyModuleDef_HEAD_INIT, .m_name = "fixed", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_fixed(void) { return PyModule_Create(&fixed_module); }
