// RUN: %check_tidy %s cpython-types-state-findmodule %t -suffix=ALL
// RUN: %check_tidy %s cpython-types-state-findmodule %t -option=cpython-types-state-findmodule.SinglePhase=false -suffix=NONE

#include <Python.h>

static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 8};

// It works there.
PyObject *get(void) {
  return PyState_FindModule(&spam_def);
  // CHECK-MESSAGES-ALL: :[[@LINE-1]]:10: warning: 'PyState_FindModule' does not know modules that are made by multi-phase initialization: it keeps module 'spam' from being one [cpython-types-state-findmodule]
}

PyMODINIT_FUNC PyInit_spam(void) {
  PyObject *module = PyModule_Create(&spam_def);
  if (module)
    PyState_AddModule(module, &spam_def);
  return module;
}
