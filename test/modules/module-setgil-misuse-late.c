// RUN: %check_tidy %s cpython-modules-module-setgil-misuse %t

// A module of multi-phase initialization has a slot for it.
#include <Python.h>

static int spam_exec(PyObject *m) {
#ifdef Py_GIL_DISABLED
  return PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#else
  return 0;
#endif
}
// CHECK-MESSAGES-FT: :[[@LINE-5]]:10: warning: 'PyUnstable_Module_SetGIL' comes too late: what a module of multi-phase initialization declares is read from its slots before they run [cpython-modules-module-setgil-misuse]
// CHECK-NOTES-FT: :[[@LINE+1]]:25: note: slot 'Py_mod_gil' belongs here
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
