// RUN: %check_tidy %s cpython-modules-export-hook-side-effects %t -python=3.15 -- -- -Wno-return-stack-address

#include <Python.h>

PyABIInfo_VAR(abi_info);
static int spam_exec(PyObject *m) { return 0; }
PyMODEXPORT_FUNC PyModExport_spam(void) {
  PySlot slots[] = {
      // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: the slots in 'slots' are gone when 'PyModExport_spam' returns, and the interpreter reads them until it ends [cpython-modules-export-hook-side-effects]
      PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
      PySlot_FUNC(Py_mod_exec, spam_exec),
      PySlot_END,
  };
  return slots;
}
PyMODEXPORT_FUNC PyModExport_egg(void) {
  static PySlot slots[] = {
      PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
      PySlot_FUNC(Py_mod_exec, spam_exec),
      PySlot_END,
  };
  return slots;
}
