// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot %t -fix-notes

// Nothing in this file stands against interpreters with their own GIL.
#include <Python.h>

static int spam_exec(PyObject *m) { return PyModule_AddIntConstant(m, "ANSWER", 42); }

static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-4]]:25: warning: module 'spam' does not declare its support for multiple interpreters; it passes for safe in all that share the GIL, and others refuse it [cpython-modules-missing-interpreters-slot]
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

static PyModuleDef_Slot ham_slots[] = { {0, NULL} };
// CHECK-MESSAGES: :[[@LINE-1]]:25: warning: module 'ham' does not declare
// CHECK-FIXES: static PyModuleDef_Slot ham_slots[] = {
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES: #endif
// CHECK-FIXES: {0, NULL} };
static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_slots = ham_slots};
PyMODINIT_FUNC PyInit_ham(void) { return PyModuleDef_Init(&ham_def); }

static struct PyModuleDef bare_def = {PyModuleDef_HEAD_INIT, .m_name = "bare"};
// CHECK-MESSAGES: :[[@LINE-1]]:27: warning: module 'bare' does not declare
PyMODINIT_FUNC PyInit_bare(void) { return PyModuleDef_Init(&bare_def); }

// --- What declares it -------------------------------------------------------

static PyModuleDef_Slot ok1_slots[] = {
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL}
};
static struct PyModuleDef ok1_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ok1", .m_slots = ok1_slots};
PyMODINIT_FUNC PyInit_ok1(void) { return PyModuleDef_Init(&ok1_def); }

// Single-phase modules cannot.
static struct PyModuleDef old_def = {
    PyModuleDef_HEAD_INIT, .m_name = "old", .m_size = -1};
PyMODINIT_FUNC PyInit_old(void) { return PyModule_Create(&old_def); }

extern PyModuleDef_Slot far_slots[];
static struct PyModuleDef far_def = {
    PyModuleDef_HEAD_INIT, .m_name = "far", .m_slots = far_slots};
PyMODINIT_FUNC PyInit_far(void) { return PyModuleDef_Init(&far_def); }
