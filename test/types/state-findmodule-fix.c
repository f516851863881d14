// RUN: %check_tidy %s cpython-types-state-findmodule %t -fix-notes

#include <Python.h>

typedef struct {
  PyObject *error;
} State;

static struct PyModuleDef spam_def;

static PyObject *fail(PyObject *module, PyObject *ignored) {
  State *state = (State *)PyModule_GetState(PyState_FindModule(&spam_def));
  // CHECK-MESSAGES: :[[@LINE-1]]:45: warning: 'PyState_FindModule' does not know module 'spam', which is made by multi-phase initialization: the result is null [cpython-types-state-findmodule]
  // CHECK-FIXES-NOTES: State *state = (State *)PyModule_GetState(module);
  PyErr_SetString(state->error, "failed");
  return NULL;
}

static PyMethodDef spam_methods[] = {{"fail", fail, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, sizeof(State), spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
