// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot,cpython-modules-missing-gil-slot %t -fix-notes

// Both slots are missing, and both fixes are applied at once.
#include <Python.h>

static int spam_exec(PyObject *m) { return 0; }

static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {0, NULL}
};
// CHECK-MESSAGES-DAG: :[[@LINE-4]]:25: warning: module 'spam' does not declare whether it needs the GIL
// CHECK-MESSAGES-DAG: :[[@LINE-5]]:25: warning: module 'spam' does not declare its support for multiple interpreters
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

static PyModuleDef_Slot ham_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
// CHECK-MESSAGES-DAG: :[[@LINE-1]]:25: warning: module 'ham' does not declare whether it needs the GIL
// CHECK-MESSAGES-DAG: :[[@LINE-2]]:25: warning: module 'ham' does not declare its support for multiple interpreters
// CHECK-FIXES: static PyModuleDef_Slot ham_slots[] = {{Py_mod_exec, spam_exec},
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
// CHECK-FIXES: {0, NULL}};
static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_slots = ham_slots};
PyMODINIT_FUNC PyInit_ham(void) { return PyModuleDef_Init(&ham_def); }

static PyModuleDef_Slot eggs_slots[] = {{0, NULL}};
// CHECK-MESSAGES-DAG: :[[@LINE-1]]:25: warning: module 'eggs' does not declare whether it needs the GIL
// CHECK-MESSAGES-DAG: :[[@LINE-2]]:25: warning: module 'eggs' does not declare its support for multiple interpreters
// The order of edits at one place is the one of the LLVM at hand.
// CHECK-FIXES: static PyModuleDef_Slot eggs_slots[] = {
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030{{[CD]}}0000
// CHECK-FIXES: {{\{Py_mod_(gil, Py_MOD_GIL_USED|multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED)\},}}
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030{{[CD]}}0000
// CHECK-FIXES: {{\{Py_mod_(gil, Py_MOD_GIL_USED|multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED)\},}}
// CHECK-FIXES: #endif
// CHECK-FIXES: {0, NULL}};
static struct PyModuleDef eggs_def = {
    PyModuleDef_HEAD_INIT, .m_name = "eggs", .m_slots = eggs_slots};
PyMODINIT_FUNC PyInit_eggs(void) { return PyModuleDef_Init(&eggs_def); }
