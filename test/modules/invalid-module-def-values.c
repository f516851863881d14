// RUN: %check_tidy %s cpython-modules-invalid-module-def %t -python=3.13,3.15 -fix-min-python=3.13

// Values in the wrong slot are numbers that mean something else there.
#include <Python.h>

static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_GIL_NOT_USED},
    {Py_mod_gil, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-4]]:36: warning: 'Py_MOD_GIL_NOT_USED' is a value of slot 'Py_mod_gil'; here it is read as another number of 'Py_mod_multiple_interpreters' [cpython-modules-invalid-module-def]
// CHECK-MESSAGES: :[[@LINE-4]]:18: warning: 'Py_MOD_PER_INTERPRETER_GIL_SUPPORTED' is a value of slot 'Py_mod_multiple_interpreters'; here it is read as another number of 'Py_mod_gil'
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

static PyModuleDef_Slot twice_slots[] = {
    {Py_mod_gil, Py_MOD_GIL_USED},
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:6: warning: module 'twice' has two 'Py_mod_gil' slots; importing it fails
// CHECK-NOTES: :[[@LINE-6]]:6: note: the other one is here
static struct PyModuleDef twice_def = {
    PyModuleDef_HEAD_INIT, .m_name = "twice", .m_slots = twice_slots};
PyMODINIT_FUNC PyInit_twice(void) { return PyModuleDef_Init(&twice_def); }

static PyModuleDef_Slot ok_slots[] = {
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef ok_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ok", .m_slots = ok_slots};
PyMODINIT_FUNC PyInit_ok(void) { return PyModuleDef_Init(&ok_def); }
