// RUN: %check_tidy %s cpython-threads-invalid-interpreter-config %t -python=3.13,3.15

#include <Python.h>

PyThreadState *spawn(void) {
  PyThreadState *ts = NULL;
  PyInterpreterConfig cfg = {.use_main_obmalloc = 1, .gil = PyInterpreterConfig_OWN_GIL};
  // CHECK-MESSAGES: :[[@LINE-1]]:23: warning: 'cfg' asks for a GIL of its own and for the allocator of the main interpreter, which needs the main GIL: no interpreter is made [cpython-threads-invalid-interpreter-config]
  Py_NewInterpreterFromConfig(&ts, &cfg);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_NewInterpreterFromConfig' tells with its result whether there is an interpreter: nothing tests it
  return ts;
}
PyThreadState *lax(void) {
  PyThreadState *ts = NULL;
  PyInterpreterConfig cfg = {.allow_threads = 1, .gil = PyInterpreterConfig_SHARED_GIL};
  // CHECK-MESSAGES: :[[@LINE-1]]:23: warning: 'cfg' asks for an allocator of its own, but lets in extensions that do not support it: no interpreter is made
  PyStatus st = Py_NewInterpreterFromConfig(&ts, &cfg);
  return PyStatus_Exception(st) ? NULL : ts;
}
PyThreadState *good(int check) {
  PyThreadState *ts = NULL;
  PyInterpreterConfig cfg = {.use_main_obmalloc = 0, .allow_threads = 1, .check_multi_interp_extensions = 1, .gil = PyInterpreterConfig_OWN_GIL};
  PyInterpreterConfig open = {.gil = PyInterpreterConfig_OWN_GIL};
  open.check_multi_interp_extensions = check;
  PyStatus st = Py_NewInterpreterFromConfig(&ts, check ? &open : &cfg);
  return PyStatus_Exception(st) ? NULL : ts;
}
// Each element of an array is another configuration.
PyThreadState *many(int i) {
  PyThreadState *ts = NULL;
  PyInterpreterConfig cfgs[2] = {{.gil = PyInterpreterConfig_OWN_GIL, .check_multi_interp_extensions = 1}, {.use_main_obmalloc = 1}};
  PyStatus st = Py_NewInterpreterFromConfig(&ts, &cfgs[i]);
  return PyStatus_Exception(st) ? NULL : ts;
}
