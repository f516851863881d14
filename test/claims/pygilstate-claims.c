// RUN: %check_tidy %s cpython-modules-interpreters-slot-contradicted,cpython-threads-gilstate-in-multi-interp %t -python=3.13,3.15 -no-fix

// What the discussion of CPython pull request 123728 says of modules that claim several interpreters and attach with
// PyGILState. docs/claims.md lists the statements.
#include <Python.h>

int use(PyObject *op);
void lib_on_event(void (*callback)(void *), void *user);

// claim 0.1, claim 0.12, claim 0.16: it gives a state of the main interpreter, or of the one last used in this thread.
static void on_event(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'PyGILState_Ensure' does not know to which interpreter the callback belongs, and module 'spam' claims to support several that run in parallel [cpython-threads-gilstate-in-multi-interp]
  // CHECK-NOTES: :[[@LINE+9]]:16: note: 'on_event' is handed to code here that may call it on any thread
  // CHECK-NOTES: :[[@LINE+15]]:6: note: module 'spam' claims it here
  // claim 0.18, claim 0.19: the message names the call that is given an interpreter, and the slot.
  // CHECK-NOTES: :[[@LINE-5]]:28: note: from Python 3.15 on 'PyThreadState_EnsureFromView' attaches to the interpreter in which the callback was registered; a module that cannot know it declares 'Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED'
  // CHECK-NOTES: :[[@LINE-6]]:28: note: keep what PyInterpreterView_FromCurrent() gives at the registration with the callback's data, and write '#if PY_VERSION_HEX >= 0x030F0000', 'PyThreadStateToken *token = PyThreadState_EnsureFromView(view); if (token == NULL) return;', later 'PyThreadState_Release(token);', '#else', what is here now, '#endif'
  use((PyObject *)user);
  PyGILState_Release(state);
}
static PyObject *spam_listen(PyObject *m, PyObject *callback) {
  lib_on_event(on_event, callback);
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"listen", spam_listen, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
// claim 0.9, claim 0.14: what stands against the slot, and what it should be.
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:6: warning: module 'spam' declares 'Py_MOD_PER_INTERPRETER_GIL_SUPPORTED', but 1 place in this file mixes interpreters [cpython-modules-interpreters-slot-contradicted]
// CHECK-NOTES: :[[@LINE-22]]:28: note: 'PyGILState_Ensure' does not know to which interpreter it attaches the thread
// CHECK-NOTES: :[[@LINE-5]]:6: note: until they are mended the module is 'Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED' (
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
