// RUN: %check_tidy %s cpython-modules-interpreters-slot-contradicted %t -python=3.13,3.15 -no-fix

#include <Python.h>

static PyObject *SpamError;
static PyTypeObject Spam_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "spam.Spam", .tp_basicsize = sizeof(PyObject)};
static int spam_exec(PyObject *m) {
  SpamError = PyErr_NewException("spam.Error", NULL, NULL);
  if (PyModule_AddObjectRef(m, "Error", SpamError) < 0)
    return -1;
  return PyModule_AddType(m, &Spam_Type);
}
static void on_event(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  PySys_WriteStderr("event");
  PyGILState_Release(state);
}
void lib_on_event(void (*callback)(void *), void *user);
static PyObject *spam_listen(PyObject *m, PyObject *ignored) {
  lib_on_event(on_event, NULL);
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"listen", spam_listen, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:6: warning: module 'spam' declares 'Py_MOD_PER_INTERPRETER_GIL_SUPPORTED', but 3 places in this file mix interpreters [cpython-modules-interpreters-slot-contradicted]
// CHECK-NOTES: :[[@LINE-27]]:18: note: 'SpamError' is one Python object for all interpreters
// CHECK-NOTES: :[[@LINE-27]]:21: note: 'Spam_Type' is a static type, one object for all interpreters
// CHECK-NOTES: :[[@LINE-19]]:28: note: 'PyGILState_Ensure' does not know to which interpreter it attaches the thread
// CHECK-NOTES: :[[@LINE-7]]:6: note: until they are mended the module is 'Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED' (
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
