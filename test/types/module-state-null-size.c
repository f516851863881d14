// RUN: %check_tidy %s cpython-types-module-state-null %t

#include <Python.h>

typedef struct {
  PyObject *err;
} State;

static PyObject *bad(PyObject *module, PyObject *ignored) {
  State *st = (State *)PyModule_GetState(module);
  // CHECK-MESSAGES: :[[@LINE-1]]:24: warning: 'PyModule_GetState' gives null: module 'spam' has no state, its m_size is -1 [cpython-types-module-state-null]
  return PyObject_Str(((State *)PyModule_GetState(module))->err) ? PyObject_Str(st->err) : NULL;
  // CHECK-MESSAGES: :[[@LINE-1]]:33: warning: 'PyModule_GetState' gives null: module 'spam' has no state, its m_size is -1
}
static PyObject *tested(PyObject *module, PyObject *ignored) {
  State *st = (State *)PyModule_GetState(module);
  return st ? PyObject_Str(st->err) : NULL;
}
static PyObject *passed(PyObject *module, PyObject *ignored) {
  State *st = (State *)PyModule_GetState(module);
  if (!st)
    return NULL;
  return PyObject_Str(st->err);
}
static PyMethodDef methods[] = {{"bad", bad, METH_NOARGS, NULL},
                                {"tested", tested, METH_NOARGS, NULL},
                                {"passed", passed, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, -1, methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
