// RUN: %check_tidy %s cpython-state-process-global-hook %t -python=3.13,3.15

#include <Python.h>

// Imported by several interpreters: registered by each of them.
static void at_exit(void) {}
static int spam_exec(PyObject *module) {
  return Py_AtExit(at_exit);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'Py_AtExit' is set for all interpreters of the process by each of them [cpython-state-process-global-hook]
}
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, (void *)spam_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, NULL, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
