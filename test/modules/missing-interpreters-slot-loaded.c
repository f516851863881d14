// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot %t -python=3.13,3.15 -fix-notes -fix-min-python=3.13

// The module refuses a second import by itself.
#include <Python.h>

static int loaded = 0;
static PyMutex loading;

static int spam_exec(PyObject *m) {
  PyMutex_Lock(&loading);
  if (loaded) {
    PyMutex_Unlock(&loading);
    PyErr_SetString(PyExc_ImportError, "cannot load module more than once per process");
    return -1;
  }
  loaded = 1;
  PyMutex_Unlock(&loading);
  return 0;
}
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-4]]:25: warning: module 'spam' does not declare its support for multiple interpreters
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
// CHECK-NOTES: :[[@LINE-1]]:16: note: module 'spam' is initialized here
// CHECK-NOTES: :[[@LINE-17]]:5: note: it refuses to be loaded twice in one process
// CHECK-NOTES: :[[@LINE-11]]:25: note: as the code is, the module is 'Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED' (2 functions and 2 variables analysed)
