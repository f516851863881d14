// RUN: %check_tidy %s cpython-types-traverse-side-effects %t -python=3.15

#include <Python.h>

static int state_traverse(PyObject *module, visitproc visit, void *arg) {
  PyObject **state = (PyObject **)PyModule_GetState_DuringGC(module);
  Py_VISIT(*state);
  return 0;
}
static struct PyModuleDef good_def = {PyModuleDef_HEAD_INIT, "good", NULL, 8, NULL, NULL, state_traverse, NULL, NULL};
PyMODINIT_FUNC PyInit_good(void) { return PyModuleDef_Init(&good_def); }

PyObject *get(PyObject *module, PyObject *ignored) {
  PyObject **state = (PyObject **)PyModule_GetState_DuringGC(module);
  // CHECK-MESSAGES: :[[@LINE-1]]:35: warning: 'PyModule_GetState_DuringGC' may only be called while the collector traverses objects, but 'get' runs at other times: its result is a borrowed pointer without error handling [cpython-types-traverse-side-effects]
  return Py_NewRef(*state);
}
