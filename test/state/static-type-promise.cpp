// RUN: %check_tidy %s cpython-state-static-type %t -python=3.13,3.15 -std=c++17

#include <Python.h>

// In a namespace and in a class, of a module that says it can.
namespace spam {
PyTypeObject InNamespace = {PyVarObject_HEAD_INIT(nullptr, 0)};
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'InNamespace' is a static type, one object that all interpreters share, although the module declares that it supports several [cpython-state-static-type]
struct Wrapper {
  static PyTypeObject type;
};
PyTypeObject Wrapper::type = {PyVarObject_HEAD_INIT(nullptr, 0)};
// CHECK-MESSAGES: :[[@LINE-1]]:23: warning: 'type' is a static type
} // namespace spam

static PyModuleDef_Slot slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, nullptr}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "spam", nullptr, 0, nullptr, slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&def); }
