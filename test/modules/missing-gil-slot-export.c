// RUN: %check_tidy %s cpython-modules-missing-gil-slot %t -python=3.15 -fix-min-python=3.15

// PySlot arrays of Python 3.15.
#include <Python.h>

static int spam_exec(PyObject *m) { return PyModule_AddIntConstant(m, "ANSWER", 42); }
PyABIInfo_VAR(abi_info);

static PySlot spam_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_STATIC_DATA(Py_mod_name, "spam"),
    PySlot_FUNC(Py_mod_exec, spam_exec),
    PySlot_END
};
// CHECK-MESSAGES: :[[@LINE-6]]:15: warning: module 'spam' does not declare whether it needs the GIL
// CHECK-FIXES: PySlot_DATA(Py_mod_gil, Py_MOD_GIL_USED),
PyMODEXPORT_FUNC PyModExport_spam(void) { return spam_slots; }

// Old arrays are written without a guard when nothing older is supported.
static PyModuleDef_Slot ham_slots[] = { {Py_mod_exec, spam_exec}, {0, NULL} };
// CHECK-MESSAGES: :[[@LINE-1]]:25: warning: module 'ham' does not declare
// CHECK-FIXES: static PyModuleDef_Slot ham_slots[] = { {Py_mod_exec, spam_exec}, {Py_mod_gil, Py_MOD_GIL_USED}, {0, NULL} };
static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_slots = ham_slots};
PyMODINIT_FUNC PyInit_ham(void) { return PyModuleDef_Init(&ham_def); }

static PySlot ok_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),
    PySlot_END
};
PyMODEXPORT_FUNC PyModExport_ok(void) { return ok_slots; }

// In a nested array.
static PySlot promises[] = {
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),
    PySlot_END
};
static PySlot nested_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_DATA(Py_slot_subslots, promises),
    PySlot_END
};
PyMODEXPORT_FUNC PyModExport_nested(void) { return nested_slots; }

extern PySlot far_slots[];
static PySlot farther_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_DATA(Py_slot_subslots, far_slots),
    PySlot_END
};
PyMODEXPORT_FUNC PyModExport_farther(void) { return farther_slots; }
