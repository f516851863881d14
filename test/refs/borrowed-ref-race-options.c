// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -suffix=ALL,T1,T2
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -suffix=T1 -option cpython-refs-borrowed-ref-race.Tier=1
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -suffix=T1,T2 -option cpython-refs-borrowed-ref-race.Tier=2
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -suffix=ALL,T1,T2,STRICT -option cpython-refs-borrowed-ref-race.StrictHelpers=true
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -suffix=ALL,T1,T2 -option Hazard=free-threading
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -option Hazard=subinterpreters
// RUN: not %pyext_tidy --checks=-*,cpython-refs-borrowed-ref-race --config="{CheckOptions: {cpython-refs-borrowed-ref-race.Tier: 4}}" %s -- %python-3.13 2>&1 | FileCheck --check-prefix=BAD-TIER %s
// BAD-TIER: invalid value '4' for option 'Tier': expected 1, 2 or 3

#include <Python.h>

int use(PyObject *op); // May run Python code.

// State of the interpreter or the extension.
static PyObject *first_tier(PyObject *m, PyObject *ignored) {
  use(PyImport_AddModule("__main__"));
  // CHECK-MESSAGES-T1: :[[@LINE-1]]:7: warning: borrowed reference from 'PyImport_AddModule' is used after
  Py_RETURN_NONE;
}

// Objects of Python code.
static PyObject *second_tier(PyObject *m, PyObject *list) {
  return Py_XNewRef(PyList_GetItem(list, 0));
  // CHECK-MESSAGES-T2: :[[@LINE-1]]:21: warning: borrowed reference from 'PyList_GetItem' on 'list' is
}

// Parameters of functions that other files can call.
int third_tier(PyObject *list) { return use(PyList_GetItem(list, 0)); }
// CHECK-MESSAGES-ALL: :[[@LINE-1]]:45: warning: borrowed reference from 'PyList_GetItem' on 'list' is

// A helper whose callers are not known.
static int unknown(PyObject *list) { return use(PyList_GetItem(list, 0)); }
// CHECK-MESSAGES-STRICT: :[[@LINE-1]]:49: warning: borrowed reference from 'PyList_GetItem' on 'list' is
int (*pointer_to_unknown)(PyObject *) = unknown;

static PyMethodDef methods[] = {
    {"first_tier", first_tier, METH_NOARGS, NULL},
    {"second_tier", second_tier, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef options_module = {
    PyModuleDef_HEAD_INIT, .m_name = "options", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_options(void) { return PyModule_Create(&options_module); }
