// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot %t

// Plain data that only the shared GIL protects: the default is right, and to
// write it down changes nothing.
#include <Python.h>

static Py_ssize_t calls;
static const int limit = 10;

static PyObject *spam_call(PyObject *m, PyObject *ignored) {
  return PyBool_FromLong(++calls < limit);
}
static PyMethodDef spam_methods[] = {{"call", spam_call, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:25: warning: module 'spam' does not declare its support for multiple interpreters
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
// CHECK-NOTES: :[[@LINE-1]]:16: note: module 'spam' is initialized here
// CHECK-NOTES: :[[@LINE-15]]:28: note: against 'Py_MOD_PER_INTERPRETER_GIL_SUPPORTED': 'calls' is shared by all interpreters and written here without a lock
