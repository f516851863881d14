// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions", claim 2.25: the reference that PyList_GetItem gives can be gone when it is taken.
#include <Python.h>

static PyObject *spam_first(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
  Py_XINCREF(item);
  return item;
}
// claim 2.29: calls that lock inside are safe as they are.
static PyObject *spam_append(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItemRef(list, 0);
  if (item == NULL || PyList_Append(list, item) < 0) {
    Py_XDECREF(item);
    return NULL;
  }
  return item;
}
static PyMethodDef spam_methods[] = {{"first", spam_first, METH_O, NULL},
                                     {"append", spam_append, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
