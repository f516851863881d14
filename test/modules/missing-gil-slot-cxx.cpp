// RUN: %check_tidy %s cpython-modules-missing-gil-slot %t -std=c++17,c++20

#include <Python.h>

static int spam_exec(PyObject *m) { return PyModule_AddIntConstant(m, "ANSWER", 42); }

namespace {
PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, reinterpret_cast<void *>(spam_exec)},
    {0, nullptr},
};
// CHECK-MESSAGES: :[[@LINE-4]]:18: warning: module 'spam' does not declare whether it needs the GIL
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, "spam", nullptr, 0, nullptr, spam_slots,
    nullptr,               nullptr, nullptr};
} // namespace
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

// Made in a constructor.
class Module {
public:
  explicit Module(PyModuleDef &def) : m(PyModule_Create(&def)) {}
  // CHECK-MESSAGES: :[[@LINE-1]]:41: warning: module 'old' does not declare
  PyObject *release() { return m; }

private:
  PyObject *m;
};
static PyModuleDef old_def = {PyModuleDef_HEAD_INIT, "old", nullptr, -1, nullptr,
                              nullptr, nullptr, nullptr, nullptr};
PyMODINIT_FUNC PyInit_old(void) {
  Module m(old_def);
  return m.release();
}

#if PY_VERSION_HEX >= 0x030F0000
PyABIInfo_VAR(abi_info);
static PySlot eggs_slots[] = {
    PySlot_PTR(Py_mod_abi, &abi_info),
    PySlot_END
};
// CHECK-MESSAGES-3_15: :[[@LINE-4]]:15: warning: module 'eggs' does not declare
// CHECK-FIXES-3_15: PySlot_{{(PTR|DATA)}}(Py_mod_gil, Py_MOD_GIL_USED),
PyMODEXPORT_FUNC PyModExport_eggs(void) { return eggs_slots; }
#endif
