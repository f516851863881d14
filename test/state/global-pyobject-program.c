// RUN: %check_tidy %s cpython-state-global-pyobject %t
// RUN: %check_tidy %s cpython-state-global-pyobject %t -suffix=PROGRAM -option=cpython-state-global-pyobject.CheckPrograms=true

#include <Python.h>

static PyObject *module;
// CHECK-MESSAGES-PROGRAM: :[[@LINE-1]]:18: warning: 'module' keeps a Python object for all threads and interpreters

void load(const char *name) { Py_XSETREF(module, PyImport_ImportModule(name)); }

int main(void) {
  Py_Initialize();
  load("json");
  Py_CLEAR(module);
  return Py_FinalizeEx();
}
