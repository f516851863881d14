// RUN: %check_tidy %s cpython-state-static-type %t -option=Hazard=free-threading

#include <Python.h>

// Without other interpreters a static type is fine when it is made ready once.
static PyTypeObject Ready = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Ready"};
static PyTypeObject Late = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Late"};
// CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'Late' is a static type that 'late' makes ready at run time; another thread can use it before it is complete [cpython-state-static-type]

static PyObject *late(PyObject *module, PyObject *unused) {
  if (PyType_Ready(&Late) < 0)
    return NULL;
  return (PyObject *)PyObject_New(PyObject, &Late);
}
static PyMethodDef spam_methods[] = {{"late", late, METH_NOARGS}, {NULL}};
static int spam_exec(PyObject *module) {
  return PyModule_AddFunctions(module, spam_methods) < 0 || PyType_Ready(&Ready) < 0 ? -1 : 0;
}
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, NULL, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
