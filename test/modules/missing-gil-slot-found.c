// RUN: %check_tidy %s cpython-modules-missing-gil-slot %t -no-fix

// Definitions that are not named where they are used, and slots that no build has.
#include <Python.h>

static int spam_exec(PyObject *m) { return 0; }

static PyModuleDef_Slot never_slots[] = {
    // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: module 'never' does not declare whether it needs the GIL
    {Py_mod_exec, spam_exec},
#if 0
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};
static struct PyModuleDef never_def = {
    PyModuleDef_HEAD_INIT, .m_name = "never", .m_slots = never_slots};
PyMODINIT_FUNC PyInit_never(void) { return PyModuleDef_Init(&never_def); }

static PyModuleDef_Slot pointer_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
// CHECK-MESSAGES: :[[@LINE-1]]:25: warning: module 'pointer' does not declare whether it needs the GIL
static struct PyModuleDef pointer_def = {
    PyModuleDef_HEAD_INIT, .m_name = "pointer", .m_slots = pointer_slots};
PyMODINIT_FUNC PyInit_pointer(void) {
  struct PyModuleDef *def = &pointer_def;
  return PyModuleDef_Init(def);
}

static PyObject *init(struct PyModuleDef *def) { return PyModuleDef_Init(def); }
static PyModuleDef_Slot helped_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
// CHECK-MESSAGES: :[[@LINE-1]]:25: warning: module 'helped' does not declare whether it needs the GIL
static struct PyModuleDef helped_def = {
    PyModuleDef_HEAD_INIT, .m_name = "helped", .m_slots = helped_slots};
PyMODINIT_FUNC PyInit_helped(void) { return init(&helped_def); }

// --- Declared ------------------------------------------------------------------------

static PyModuleDef_Slot some_slots[] = {
    {Py_mod_exec, spam_exec},
#ifdef SOME_DAY
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};
static struct PyModuleDef some_def = {
    PyModuleDef_HEAD_INIT, .m_name = "some", .m_slots = some_slots};
PyMODINIT_FUNC PyInit_some(void) { return init(&some_def); }
