// RUN: %check_tidy %s cpython-state-static-type,cpython-types-type-without-module,cpython-types-state-findmodule,cpython-types-module-state-lifecycle,cpython-state-process-global-hook %t -python=3.13,3.15 -no-fix

// pybind11 pull request 5564: what the documents about isolating modules ask for.
#include <Python.h>

typedef struct {
  PyObject *error;
} State;
static struct PyModuleDef spam_def;

// claim 1.21: types of the module, made from a PyType_Spec together with it; its state without a search.
static PyTypeObject Token_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Token"};
// CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'Token_Type' is a static type, one object that all interpreters share [cpython-state-static-type]
static PyType_Slot reader_slots[] = {{0, NULL}};
static PyType_Spec reader_spec = {"spam.Reader", 0, 0, Py_TPFLAGS_DEFAULT, reader_slots};
static PyObject *spam_fail(PyObject *module, PyObject *unused) {
  State *state = (State *)PyModule_GetState(PyState_FindModule(&spam_def));
  // CHECK-MESSAGES: :[[@LINE-1]]:45: warning: 'PyState_FindModule' does not know module 'spam', which is made by multi-phase initialization: the result is null [cpython-types-state-findmodule]
  PyErr_SetString(state->error, "failed");
  return NULL;
}

// claim 1.24: what an interpreter owns ends with that interpreter, not with the process.
static void at_exit(void) {}
static PyObject *spam_open(PyObject *module, PyObject *unused) {
  Py_AtExit(at_exit);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_AtExit' is set for the whole process at run time, while other threads use it [cpython-state-process-global-hook]
  Py_RETURN_NONE;
}

static int spam_exec(PyObject *module) {
  State *state = (State *)PyModule_GetState(module);
  state->error = PyErr_NewException("spam.Error", NULL, NULL);
  if (PyModule_AddType(module, &Token_Type) < 0)
    return -1;
  PyObject *reader = PyType_FromSpec(&reader_spec);
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'PyType_FromSpec' makes type 'spam.Reader' that belongs to no module: its methods cannot find the module's state through the type [cpython-types-type-without-module]
  return reader ? PyModule_Add(module, "Reader", reader) : -1;
}
static PyMethodDef spam_methods[] = {
    {"fail", spam_fail, METH_NOARGS, NULL}, {"open", spam_open, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, sizeof(State), spam_methods, spam_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:27: warning: the state of module 'spam' owns objects, 'error', but the module has no m_traverse, m_clear and m_free: they are never released [cpython-types-module-state-lifecycle]
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
