// RUN: %check_tidy %s 'cpython-modules-*' %t -python=3.13,3.15 -no-fix

// pybind11 pull request 5564, claim 1.19: other implementations have neither; their branches are out of scope.
#include <Python.h>

#ifdef PYPY_VERSION
static PyObject *cache;
#endif
static int spam_exec(PyObject *m) {
#ifdef PYPY_VERSION
  cache = PyDict_New();
#endif
  return 0;
}
// claim 1.20: each file is checked with and without Py_GIL_DISABLED.
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
#ifndef PYPY_VERSION
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
