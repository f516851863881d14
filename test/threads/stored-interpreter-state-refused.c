// RUN: %check_tidy %s cpython-threads-stored-interpreter-state %t -python=3.13,3.15

#include <Python.h>

static PyInterpreterState *owner;
static int spam_exec(PyObject *module) {
  owner = PyInterpreterState_Get();
  return 0;
}
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)spam_exec},
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, NULL, slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
