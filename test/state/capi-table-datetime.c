// RUN: %check_tidy %s cpython-state-capi-table %t -python=3.11,3.13

// From 3.15 on the import is atomic.
#include <Python.h>
#include <datetime.h>

static PyObject *ensure(PyObject *module, PyObject *arg) {
  if (PyDateTimeAPI == NULL) {
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyDateTimeAPI' is tested and imported at run time, in 'ensure', while another thread can do the same [cpython-state-capi-table]
    // CHECK-NOTES: :[[@LINE+1]]:5: note: import it while the module is imported, and do not test it
    PyDateTime_IMPORT;
  }
  return PyBool_FromLong(PyDate_Check(arg));
}

// Near miss: while the module is imported.
static int spam_exec(PyObject *module) {
  PyDateTime_IMPORT;
  if (!PyDateTimeAPI)
    return -1;
  return 0;
}

static PyMethodDef spam_methods[] = {{"ensure", ensure, METH_O}, {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
