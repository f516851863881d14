// RUN: %pyext_tidy --dump-model %s -- %python-3.13 -DSINGLE | FileCheck %s --check-prefix=SINGLE
// RUN: %pyext_tidy --dump-model %s -- %python-3.13 -DSINGLE -DPy_GIL_DISABLED=1 | FileCheck %s --check-prefixes=SINGLE,SETGIL
// RUN: %pyext_tidy --dump-model %s -- %python-3.11 -DMULTI | FileCheck %s --check-prefixes=MULTI,MULTI-11
// RUN: %pyext_tidy --dump-model %s -- %python-3.13 -DMULTI | FileCheck %s --check-prefixes=MULTI,MULTI-13
// RUN: %pyext_tidy --dump-model %s -- %python-3.15 -DMULTI -DPy_GIL_DISABLED=1 | FileCheck %s --check-prefixes=MULTI,MULTI-13
// RUN: %pyext_tidy --dump-model %s -- %python-3.15 -DEXPORT | FileCheck %s --check-prefix=EXPORT
// RUN: %pyext_tidy --dump-model %s -- %python-3.15 -DELSEWHERE | FileCheck %s --check-prefix=ELSEWHERE
#include <Python.h>

typedef struct { PyObject *error; } State;
static int exec(PyObject *m) { return 0; }
static PyMethodDef methods[] = {{NULL, NULL, 0, NULL}};

#ifdef SINGLE
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "single", NULL, -1, methods};
static PyObject *create(void) {
  PyObject *m = PyModule_Create(&def);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
  return m;
}
PyMODINIT_FUNC PyInit_single(void) { return create(); }
#endif
// SINGLE:      "name": "single",
// SINGLE-NEXT: "init": "single-phase",
// SINGLE:      "function": "PyInit_single",
// SINGLE-NEXT: "definition": "def",
// SINGLE-NEXT: "size": -1,
// SINGLE-NEXT: "slots_visible": true,
// SINGLE-NEXT: "slots": [],
// SETGIL:      "set_gil": "modules.c:19"

#ifdef MULTI
#define SLOT(id, value) {id, (void *)value}
static PyModuleDef_Slot slots[] = {
    SLOT(Py_mod_exec, exec),
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "multi", .m_size = sizeof(State), .m_methods = methods, .m_slots = slots};
PyMODINIT_FUNC PyInit_multi(void) { return PyModuleDef_Init(&def); }
#endif
// MULTI:         "init": "multi-phase",
// MULTI:         "size": 8,
// MULTI-NEXT:    "state": "State",
// MULTI:         "slot": "Py_mod_exec",
// MULTI-NEXT:    "value": "exec",
// MULTI-11-NOT:  "slot":
// MULTI-13:      "slot": "Py_mod_multiple_interpreters",
// MULTI-13-NEXT: "value": "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED",
// MULTI-13:      "slot": "Py_mod_gil",
// MULTI-13-NEXT: "value": "Py_MOD_GIL_NOT_USED",
// MULTI:         "method_tables": [
// MULTI-NEXT:    "methods"

#ifdef EXPORT
PyABIInfo_VAR(abi_info);
static PySlot slots[] = {
    PySlot_DATA(Py_mod_abi, &abi_info),
    PySlot_STATIC_DATA(Py_mod_name, "export"),
    PySlot_SIZE(Py_mod_state_size, sizeof(State)),
    PySlot_FUNC(Py_mod_exec, exec),
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),
    PySlot_END};
PyMODEXPORT_FUNC PyModExport_export(void) { return slots; }
#endif
// EXPORT: "init": "export",
// EXPORT: "function": "PyModExport_export",
// EXPORT: "state": "State",
// EXPORT: "slots_visible": true,
// EXPORT: "slot": "Py_mod_exec",
// EXPORT-NEXT: "value": "exec",
// EXPORT: "slot": "Py_mod_gil",
// EXPORT-NEXT: "value": "Py_MOD_GIL_NOT_USED",

#ifdef ELSEWHERE
extern PyModuleDef_Slot slots[];
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "elsewhere", .m_slots = slots};
PyMODINIT_FUNC PyInit_elsewhere(void) { return PyModuleDef_Init(&def); }
#endif
// ELSEWHERE: "slots_visible": false,
