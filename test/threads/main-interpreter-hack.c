// RUN: %check_tidy %s cpython-threads-main-interpreter-hack %t -python=3.13,3.15

#include <Python.h>

int use(PyObject *op);

void worker(void *arg) {
  PyThreadState *ts = PyThreadState_New(PyInterpreterState_Main());
  // CHECK-MESSAGES: :[[@LINE-1]]:41: warning: 'PyInterpreterState_Main' picks the main interpreter, but the module does not refuse to be used in others [cpython-threads-main-interpreter-hack]
  PyEval_RestoreThread(ts);
  use((PyObject *)arg);
  PyThreadState_Clear(ts);
  PyThreadState_DeleteCurrent();
}
PyObject *only_main(PyObject *self, PyObject *ignored) {
  if (PyInterpreterState_Get() != PyInterpreterState_Main())
    // CHECK-MESSAGES: :[[@LINE-1]]:35: warning: 'PyInterpreterState_Main' singles out the main interpreter, but the module does not refuse to be used in others
    Py_RETURN_NONE;
  return Py_NewRef(self);
}
// Is there an interpreter at all?
int alive(void) { return PyInterpreterState_Head() != NULL; }
int dead(void) {
  if (!PyInterpreterState_Head())
    return 1;
  return 0;
}
// All of them.
int count(void) {
  int found = 0;
  for (PyInterpreterState *each = PyInterpreterState_Head(); each; each = PyInterpreterState_Next(each))
    ++found;
  return found;
}
// Refused at import.
static int spam_exec(PyObject *module) {
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    PyErr_SetString(PyExc_ImportError, "only once");
    return -1;
  }
  return 0;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, NULL, slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
