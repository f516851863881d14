// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot,cpython-modules-missing-gil-slot %t -config=gil -fix-notes

// The stable ABI of a version that has neither slot.
#define Py_LIMITED_API 0x03090000
#include <Python.h>

static PyModuleDef_Slot spam_slots[] = {
    {0, NULL}
};
// CHECK-MESSAGES-DAG: :[[@LINE-3]]:25: warning: module 'spam' does not declare whether it needs the GIL
// CHECK-MESSAGES-DAG: :[[@LINE-4]]:25: warning: module 'spam' does not declare its support for multiple interpreters
// CHECK-FIXES: #ifdef Py_MOD_PER_INTERPRETER_GIL_SUPPORTED
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES: #endif
// CHECK-FIXES: #ifdef Py_MOD_GIL_USED
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
