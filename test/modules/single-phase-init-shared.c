// RUN: %check_tidy %s cpython-modules-single-phase-init %t -fix-notes

// The fix of a note would let interpreters share what they must not; there is none.
#include <Python.h>

static PyObject *last;

static PyObject *spam_keep(PyObject *module, PyObject *value) {
  Py_XSETREF(last, Py_NewRef(value));
  Py_RETURN_NONE;
}

static PyMethodDef spam_methods[] = {{"keep", spam_keep, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};

static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
// CHECK-MESSAGES: :[[@LINE-1]]:43: warning: module 'spam' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-2]]:16: note: what 'PyInit_spam' does with the new module
