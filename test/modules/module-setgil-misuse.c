// RUN: %check_tidy %s cpython-modules-module-setgil-misuse %t -python=3.13,3.15 -config=ft

#include <Python.h>

static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_size = -1};
static struct PyModuleDef sub_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam.sub", .m_size = -1};

PyMODINIT_FUNC PyInit_spam(void) {
  PyObject *m = PyModule_Create(&spam_def);
  if (m == NULL)
    return NULL;
  PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
  return m;
}
// CHECK-MESSAGES: :[[@LINE-3]]:3: warning: 'PyUnstable_Module_SetGIL' is declared only in free-threaded builds; others do not compile this call [cpython-modules-module-setgil-misuse]
// CHECK-FIXES: #ifdef Py_GIL_DISABLED
// CHECK-FIXES: #endif

PyMODINIT_FUNC PyInit_tested(void) {
  PyObject *m = PyModule_Create(&spam_def);
#if PY_VERSION_HEX >= 0x030D0000
  if (PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED) < 0) {
    Py_XDECREF(m);
    return NULL;
  }
#endif
  return m;
}
// CHECK-MESSAGES: :[[@LINE-7]]:7: warning: 'PyUnstable_Module_SetGIL' is declared only in free-threaded builds
// CHECK-FIXES: #ifdef Py_GIL_DISABLED
// CHECK-FIXES: #endif

// Only the module that is returned is asked.
PyMODINIT_FUNC PyInit_outer(void) {
  PyObject *m = PyModule_Create(&spam_def);
  PyObject *sub = PyModule_Create(&sub_def);
  if (PyModule_AddObjectRef(m, "sub", sub) < 0)
    return NULL;
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(sub, Py_MOD_GIL_NOT_USED);
#endif
  return m;
}
// CHECK-MESSAGES: :[[@LINE-4]]:3: warning: the module in 'sub' is not the one that 'PyInit_outer' returns; only that one is asked about the GIL

PyMODINIT_FUNC PyInit_number(void) {
  PyObject *m = PyModule_Create(&spam_def);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(m, (void *)1);
#endif
  return m;
}
// CHECK-MESSAGES: :[[@LINE-4]]:3: warning: '(void *)1' is none of the values 'Py_mod_gil' has; they are 'Py_MOD_GIL_USED' and 'Py_MOD_GIL_NOT_USED'

PyMODINIT_FUNC PyInit_mixed(void) {
  PyObject *m = PyModule_Create(&spam_def);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(m, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED);
#endif
  return m;
}
// CHECK-MESSAGES: :[[@LINE-4]]:3: warning: 'Py_MOD_PER_INTERPRETER_GIL_SUPPORTED' is none of the values 'Py_mod_gil' has

// --- As it is meant --------------------------------------------------------------

PyMODINIT_FUNC PyInit_ok1(void) {
  PyObject *m = PyModule_Create(&spam_def);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
  return m;
}

// Through a macro that other builds leave empty, or under a macro of the build.
#ifdef Py_GIL_DISABLED
#define DECLARE_GIL(m) PyUnstable_Module_SetGIL(m, Py_MOD_GIL_USED)
#define SPAM_WITHOUT_GIL 1
#else
#define DECLARE_GIL(m) ((void)0)
#define SPAM_WITHOUT_GIL 0
#endif
PyMODINIT_FUNC PyInit_ok2(void) {
  PyObject *m = PyModule_Create(&spam_def);
  DECLARE_GIL(m);
  return m;
}
PyMODINIT_FUNC PyInit_ok3(void) {
  PyObject *m = PyModule_Create(&spam_def), *result = m;
#if SPAM_WITHOUT_GIL
  PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
  return result;
}

// The value is decided elsewhere.
PyMODINIT_FUNC PyInit_ok4(void) {
  extern void *gil_of_spam;
  PyObject *m = PyModule_Create(&spam_def);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(m, gil_of_spam);
#endif
  return m;
}
