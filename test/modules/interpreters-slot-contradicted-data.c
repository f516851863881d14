// RUN: %check_tidy %s cpython-modules-interpreters-slot-contradicted %t -python=3.13,3.15 -fix-notes -fix-min-python=3.13

// Plain data contradicts a GIL per interpreter, but not a shared one.
#include <Python.h>

static Py_ssize_t calls;
static PyObject *spam_call(PyObject *m, PyObject *ignored) {
  return PyLong_FromSsize_t(++calls);
}
static PyMethodDef spam_methods[] = {{"call", spam_call, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:6: warning: module 'spam' declares 'Py_MOD_PER_INTERPRETER_GIL_SUPPORTED', but 1 place in this file mixes interpreters
// CHECK-NOTES: :[[@LINE-9]]:31: note: 'calls' is shared by all interpreters and written here without a lock
// CHECK-NOTES: :[[@LINE-5]]:6: note: until they are mended the module is 'Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED' (
// CHECK-FIXES-NOTES: {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

static PyModuleDef_Slot ham_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_methods = spam_methods, .m_slots = ham_slots};
PyMODINIT_FUNC PyInit_ham(void) { return PyModuleDef_Init(&ham_def); }
