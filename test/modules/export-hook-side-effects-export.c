// RUN: %check_tidy %s cpython-modules-export-hook-side-effects %t -python=3.15 -fix-min-python=3.15

// Export hooks of Python 3.15.
#include <Python.h>

PyABIInfo_VAR(abi_info);
static PyObject *registry;
static int loads;
static int spam_exec(PyObject *m) { return 0; }
static PySlot spam_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_FUNC(Py_mod_exec, spam_exec),
    PySlot_END
};
PyMODEXPORT_FUNC PyModExport_spam(void) {
  loads++;
  registry = PyDict_New();
  return spam_slots;
}
// CHECK-MESSAGES: :[[@LINE-4]]:3: warning: 'loads' is written before module 'spam' exists, and the hook may run without the GIL and in any interpreter [cpython-modules-export-hook-side-effects]
// CHECK-NOTES: :[[@LINE-6]]:18: note: 'PyModExport_spam' should only name the slots
// CHECK-NOTES: :[[@LINE-5]]:3: note: 'registry' is written here
// CHECK-NOTES: :[[@LINE-6]]:14: note: 'PyDict_New' is called here

PyMODEXPORT_FUNC PyModExport_ham(void) {
  if (!PyImport_ImportModule("spam"))
    return NULL;
  return spam_slots;
}
// CHECK-MESSAGES: :[[@LINE-4]]:8: warning: 'PyImport_ImportModule' is called before module 'ham' exists, and the hook may run without the GIL and in any interpreter
// CHECK-NOTES: :[[@LINE-6]]:18: note: 'PyModExport_ham' should only name the slots

PyMODEXPORT_FUNC PyModExport_ok1(void) { return spam_slots; }

PyMODEXPORT_FUNC PyModExport_ok2(void) {
  PySlot *slots = spam_slots;
  return slots;
}
