// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t -python=3.13,3.15 -fix-notes -fix-min-python=3.13

// The module claims support for interpreters with their own GIL.
#include <Python.h>

void lib_on_event(void (*callback)(void *user), void *user);

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know to which interpreter the callback belongs, and module 'spam' claims to support several that run in parallel [cpython-threads-gilstate-in-multi-interp]
  // CHECK-NOTES: :[[@LINE+8]]:16: note: 'on_event' is handed to code here that may call it on any thread
  // CHECK-NOTES: :[[@LINE+15]]:6: note: module 'spam' claims it here
  // CHECK-NOTES: :[[@LINE-4]]:25: note: from Python 3.15 on 'PyThreadState_EnsureFromView' attaches to the interpreter in which the callback was registered; a module that cannot know it declares 'Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED'
  // CHECK-NOTES: :[[@LINE-5]]:25: note: keep what PyInterpreterView_FromCurrent() gives at the registration with the callback's data, and write '#if PY_VERSION_HEX >= 0x030F0000', 'PyThreadStateToken *token = PyThreadState_EnsureFromView(view); if (token == NULL) return;', later 'PyThreadState_Release(token);', '#else', what is here now, '#endif'
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
}
static PyObject *spam_register(PyObject *m, PyObject *arg) {
  lib_on_event(on_event, Py_NewRef(arg));
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {
    {"register", spam_register, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    // CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
