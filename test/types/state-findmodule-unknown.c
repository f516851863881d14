// RUN: %check_tidy %s cpython-types-state-findmodule %t

#include <Python.h>

extern struct PyModuleDef spam_def;

PyObject *get(void) {
  return PyState_FindModule(&spam_def);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyState_FindModule' does not know modules that are made by multi-phase initialization, and only one per interpreter [cpython-types-state-findmodule]
}

// The module's own name is not known here.
PyObject *other(void) { return PyImport_ImportModule("spam"); }
