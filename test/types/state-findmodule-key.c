// A definition without slots that is no module's is what the interpreter keeps the module under.
// RUN: %check_tidy %s cpython-types-state-findmodule %t

#include <Python.h>

static struct PyModuleDef key = {PyModuleDef_HEAD_INIT, .m_name = "spam"};
static struct PyModuleDef unused = {PyModuleDef_HEAD_INIT, .m_name = "spam"};
static struct PyModuleDef spam_def;

PyObject *current(void) { return PyState_FindModule(&key); }

// Nothing is registered under it.
PyObject *none(void) {
  return PyState_FindModule(&unused);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyState_FindModule' does not know modules that are made by multi-phase initialization, and only one per interpreter [cpython-types-state-findmodule]
}

// The definition of the module itself.
PyObject *own(void) {
  return PyState_FindModule(&spam_def);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyState_FindModule' does not know module 'spam', which is made by multi-phase initialization: the result is null [cpython-types-state-findmodule]
}

static int spam_exec(PyObject *module) {
  if (PyModuleDef_Init(&key) == NULL)
    return -1;
  return PyState_AddModule(module, &key);
}

static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
