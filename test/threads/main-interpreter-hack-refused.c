// RUN: %check_tidy %s cpython-threads-main-interpreter-hack %t -python=3.15

#include <Python.h>

void worker_no_arg(void) {
  PyInterpreterView *v = PyInterpreterView_FromMain();
  PyThreadStateToken *t = v ? PyThreadState_EnsureFromView(v) : NULL;
  if (t != NULL) {
    PyErr_CheckSignals();
    PyThreadState_Release(t);
  }
  if (v != NULL)
    PyInterpreterView_Close(v);
}
static PyModuleDef_Slot slots[] = {{Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED}, {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, NULL, slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
