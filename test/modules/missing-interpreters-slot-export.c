// RUN: %check_tidy %s cpython-modules-missing-interpreters-slot,cpython-modules-missing-gil-slot %t -python=3.15 -fix-notes -fix-min-python=3.15

// PySlot arrays of Python 3.15.
#include <Python.h>

static int spam_exec(PyObject *m) { return 0; }
PyABIInfo_VAR(abi_info);
static PySlot spam_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_FUNC(Py_mod_exec, spam_exec),
    PySlot_END
};
// CHECK-MESSAGES-DAG: :[[@LINE-5]]:15: warning: module 'spam' does not declare whether it needs the GIL
// CHECK-MESSAGES-DAG: :[[@LINE-6]]:15: warning: module 'spam' does not declare its support for multiple interpreters
// CHECK-FIXES: PySlot_DATA(Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED),
// CHECK-FIXES: PySlot_DATA(Py_mod_gil, Py_MOD_GIL_USED),
PyMODEXPORT_FUNC PyModExport_spam(void) { return spam_slots; }

static PySlot ok_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_DATA(Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED),
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_USED),
    PySlot_END
};
PyMODEXPORT_FUNC PyModExport_ok(void) { return ok_slots; }
