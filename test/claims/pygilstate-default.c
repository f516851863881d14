// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot,cpython-threads-gilstate-in-multi-interp %t -python=3.13,3.15 -no-fix

// CPython pull request 123728: a multi-phase module without the slot claims several interpreters as well.
#include <Python.h>

int use(PyObject *op);
void lib_on_event(void (*callback)(void *), void *user);

// claim 0.10: no slot is a claim. claim 0.23: nothing is changed silently, a note offers the slot.
static void on_event(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'PyGILState_Ensure' does not know to which interpreter the callback belongs, and module 'spam' supports several by default [cpython-threads-gilstate-in-multi-interp]
  use((PyObject *)user);
  PyGILState_Release(state);
}
static PyObject *spam_listen(PyObject *m, PyObject *callback) {
  lib_on_event(on_event, callback);
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"listen", spam_listen, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_gil, Py_MOD_GIL_USED}, {0, NULL}};
// CHECK-MESSAGES: :[[@LINE-1]]:25: warning: module 'spam' does not declare its support for multiple interpreters; it passes for safe in all that share the GIL, and others refuse it [cpython-modules-missing-interpreters-slot]
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
