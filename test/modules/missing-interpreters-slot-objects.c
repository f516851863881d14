// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot %t -fix-notes

// Objects that all interpreters would share.
#include <Python.h>

static PyObject *SpamError;
static PyObject *none = Py_None; // Immortal and never written.
static int ready;

static PyTypeObject Spam_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Spam"};

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
}
void lib_on_event(void (*callback)(void *), void *user);
static PyObject *spam_register(PyObject *m, PyObject *arg) {
  lib_on_event(on_event, Py_NewRef(arg));
  ready = 1;
  return Py_NewRef(none);
}
static PyMethodDef spam_methods[] = {{"register", spam_register, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
static int spam_exec(PyObject *m) {
  if (PyType_Ready(&Spam_Type) < 0)
    return -1;
  SpamError = PyErr_NewException("spam.Error", NULL, NULL);
  return PyModule_AddObjectRef(m, "Error", SpamError);
}
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-4]]:25: warning: module 'spam' does not declare its support for multiple interpreters
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
// CHECK-NOTES: :[[@LINE-1]]:16: note: module 'spam' is initialized here
// CHECK-NOTES: :[[@LINE-37]]:18: note: against 'Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED': 'SpamError' is one Python object for all interpreters
// CHECK-NOTES: :[[@LINE-34]]:21: note: against 'Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED': 'Spam_Type' is a static type, one object for all interpreters
// CHECK-NOTES: :[[@LINE-32]]:25: note: against 'Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED': 'PyGILState_Ensure' does not know to which interpreter it attaches the thread
// CHECK-NOTES: :[[@LINE-15]]:25: note: as the code is, the module is 'Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED' (4 functions and 4 variables analysed)
