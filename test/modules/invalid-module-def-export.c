// RUN: %check_tidy %s cpython-modules-invalid-module-def %t -python=3.15 -fix-min-python=3.15

// PySlot arrays of Python 3.15.
#include <Python.h>

static int spam_exec(PyObject *m) { return PyModule_AddIntConstant(m, "ANSWER", 42); }
static int more_exec(PyObject *m) { return 0; }
static PyMethodDef some_methods[] = {{NULL, NULL, 0, NULL}};
static PyMethodDef other_methods[] = {{NULL, NULL, 0, NULL}};
PyABIInfo_VAR(abi_info);

static PySlot spam_slots[] = {
    PySlot_STATIC_DATA(Py_mod_name, "spam"),
    PySlot_FUNC(Py_mod_exec, spam_exec),
    PySlot_FUNC(Py_mod_exec, more_exec),
    PySlot_END
};
// CHECK-MESSAGES: :[[@LINE-6]]:15: warning: module 'spam' has no 'Py_mod_abi' slot, which modules made from slots must have [cpython-modules-invalid-module-def]
// CHECK-MESSAGES: :[[@LINE-4]]:5: warning: module 'spam' has two 'Py_mod_exec' slots; importing it fails [cpython-modules-invalid-module-def]
// CHECK-NOTES: :[[@LINE-6]]:5: note: the other one is here
PyMODEXPORT_FUNC PyModExport_spam(void) { return spam_slots; }

// The wrong kind of value, and no end.
static PySlot ham_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_INT64(Py_mod_gil, (int64_t)(intptr_t)Py_MOD_GIL_NOT_USED),
    PySlot_SIZE(Py_mod_multiple_interpreters, (Py_ssize_t)Py_MOD_PER_INTERPRETER_GIL_SUPPORTED),
};
// CHECK-MESSAGES: :[[@LINE-3]]:5: warning: the value of 'Py_mod_gil' is read as data, not as 'sl_int64'
// CHECK-MESSAGES: :[[@LINE-3]]:5: warning: no element with slot 0 ends 'ham_slots'; reading goes on behind the array
// CHECK-MESSAGES: :[[@LINE-4]]:5: warning: the value of 'Py_mod_multiple_interpreters' is read as data, not as 'sl_size'
PyMODEXPORT_FUNC PyModExport_ham(void) { return ham_slots; }

// Old and new definition of one module do not agree.
static PySlot eggs_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_FUNC(Py_mod_exec, spam_exec),
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_USED),
    PySlot_DATA(Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED),
    PySlot_END
};
// CHECK-MESSAGES: :[[@LINE-4]]:5: warning: module 'eggs' declares 'Py_MOD_GIL_USED' here and 'Py_MOD_GIL_NOT_USED' in its other definition; from Python 3.15 on only this one counts
// CHECK-NOTES: :[[@LINE+4]]:6: note: the other one is here
PyMODEXPORT_FUNC PyModExport_eggs(void) { return eggs_slots; }
static PyModuleDef_Slot eggs_old_slots[] = {
    {Py_mod_exec, spam_exec},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef eggs_def = {
    PyModuleDef_HEAD_INIT, .m_name = "eggs", .m_slots = eggs_old_slots};
PyMODINIT_FUNC PyInit_eggs(void) { return PyModuleDef_Init(&eggs_def); }

// Slots and fields of a definition.
static int token;
static PyModuleDef_Slot double_slots[] = {
    {Py_mod_name, "double"},
    {Py_mod_methods, other_methods},
    {Py_mod_token, &token},
    {0, NULL}
};
static struct PyModuleDef double_def = {
    PyModuleDef_HEAD_INIT, .m_name = "double", .m_methods = some_methods, .m_slots = double_slots};
// CHECK-MESSAGES: :[[@LINE-6]]:6: warning: slot 'Py_mod_methods' and 'm_methods' of the definition of 'double' differ; importing the module fails
// CHECK-NOTES: :[[@LINE-2]]:61: note: 'm_methods' is set here
// CHECK-MESSAGES: :[[@LINE-7]]:6: warning: 'Py_mod_token' is not allowed in the slots of a module definition, which is the token itself; importing 'double' fails
PyMODINIT_FUNC PyInit_double(void) { return PyModuleDef_Init(&double_def); }

// --- Well formed ---------------------------------------------------------------

static PySlot nested[] = {
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),
    PySlot_END
};
static PySlot ok_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_STATIC_DATA(Py_mod_name, "ok"),
    PySlot_FUNC(Py_mod_exec, spam_exec),
    PySlot_DATA(Py_slot_subslots, nested),
    PySlot_END
};
PyMODEXPORT_FUNC PyModExport_ok(void) { return ok_slots; }
static PyModuleDef_Slot ok_old_slots[] = {
    {Py_mod_exec, spam_exec},
    {Py_mod_methods, some_methods},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL}
};
static struct PyModuleDef ok_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ok", .m_methods = some_methods, .m_slots = ok_old_slots};
PyMODINIT_FUNC PyInit_ok(void) { return PyModuleDef_Init(&ok_def); }
