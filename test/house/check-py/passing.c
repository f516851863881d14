// The runner on a check of LLVM: what is said and fixed is named, in every default configuration.
// RUN: %check_tidy %s cppcoreguidelines-init-variables %t

#include <Python.h>

int first(void) {
  int x;
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: variable 'x' is not initialized
  // CHECK-FIXES: int x = 0;
#ifdef Py_GIL_DISABLED
  int y;
  // CHECK-MESSAGES-FT: :[[@LINE-1]]:7: warning: variable 'y' is not initialized
  // CHECK-FIXES-FT: int y = 0;
  y = 1;
#endif
#if PY_VERSION_HEX >= 0x030F0000
  int z;
  // CHECK-MESSAGES-3_15: :[[@LINE-1]]:7: warning: variable 'z' is not initialized
  // CHECK-FIXES-3_15: int z = {{0}};
  z = 1;
#endif
  x = 1;
  return x;
}
