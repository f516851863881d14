// RUN: %check_tidy %s cpython-modules-single-phase-init %t -fix-notes

// Modules with which nothing is done but to create them: an array of slots is all that is missing.
#include <Python.h>

static PyObject *spam_answer(PyObject *module, PyObject *unused) {
  return PyLong_FromLong(42);
}

static PyMethodDef spam_methods[] = {{"answer", spam_answer, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};

static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_size = -1};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
// CHECK-MESSAGES: :[[@LINE-1]]:43: warning: module 'spam' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-4]]:27: note: with a negative m_size, all other interpreters share
// CHECK-NOTES: :[[@LINE-3]]:16: note: what 'PyInit_spam' does with the new module
// CHECK-NOTES: :[[@LINE-4]]:43: note: nothing is done with the new module, so an array of slots can say all there is to say
// CHECK-FIXES-NOTES: static PyModuleDef_Slot spam_slots[] = {
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES-NOTES:     {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES:     {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES:     {0, NULL}
// CHECK-FIXES-NOTES: };
// CHECK-FIXES-NOTES: PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_size = 0, .m_slots = spam_slots};
// CHECK-FIXES-NOTES: PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

// In order, with a null where the slots are.
static struct PyModuleDef ham = {PyModuleDef_HEAD_INIT, "ham", NULL, -1,
                                 spam_methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_ham(void) { return PyModule_Create(&ham); }
// CHECK-MESSAGES: :[[@LINE-1]]:42: warning: module 'ham' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-4]]:27: note: with a negative m_size, all other interpreters share
// CHECK-NOTES: :[[@LINE-3]]:16: note: what 'PyInit_ham' does with the new module
// CHECK-NOTES: :[[@LINE-4]]:42: note: nothing is done with the new module
// CHECK-FIXES-NOTES: static PyModuleDef_Slot ham_slots[] = {
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES-NOTES:     {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES:     {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES:     {0, NULL}
// CHECK-FIXES-NOTES: };
// CHECK-FIXES-NOTES: static struct PyModuleDef ham = {PyModuleDef_HEAD_INIT, "ham", NULL, 0,
// CHECK-FIXES-NOTES:                                  spam_methods, ham_slots, NULL, NULL, NULL};
// CHECK-FIXES-NOTES: PyMODINIT_FUNC PyInit_ham(void) { return PyModuleDef_Init(&ham); }

// Fewer values than fields.
static struct PyModuleDef eggs = {PyModuleDef_HEAD_INIT, "eggs"};
PyMODINIT_FUNC PyInit_eggs(void) { return PyModule_Create(&eggs); }
// CHECK-MESSAGES: :[[@LINE-1]]:43: warning: module 'eggs' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-2]]:16: note: what 'PyInit_eggs' does with the new module
// CHECK-NOTES: :[[@LINE-3]]:43: note: nothing is done with the new module
// CHECK-FIXES-NOTES: static PyModuleDef_Slot eggs_slots[] = {
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES-NOTES:     {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES:     {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES:     {0, NULL}
// CHECK-FIXES-NOTES: };
// CHECK-FIXES-NOTES: static struct PyModuleDef eggs = {PyModuleDef_HEAD_INIT, "eggs", .m_slots = eggs_slots};
// CHECK-FIXES-NOTES: PyMODINIT_FUNC PyInit_eggs(void) { return PyModuleDef_Init(&eggs); }

// The name is taken: left to the one who reads it.
static int toast_slots = 3;
int toast_count(void) { return toast_slots; }
static struct PyModuleDef toast = {PyModuleDef_HEAD_INIT, "toast", NULL, 0};
PyMODINIT_FUNC PyInit_toast(void) { return PyModule_Create(&toast); }
// CHECK-MESSAGES: :[[@LINE-1]]:44: warning: module 'toast' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-2]]:16: note: what 'PyInit_toast' does with the new module

// Something is done with it.
static struct PyModuleDef jam = {PyModuleDef_HEAD_INIT, "jam", NULL, 0};
PyMODINIT_FUNC PyInit_jam(void) {
  PyObject *m = PyModule_Create(&jam);
  if (m != NULL && PyModule_AddIntConstant(m, "SIZE", 3) < 0)
    Py_CLEAR(m);
  return m;
}
// CHECK-MESSAGES: :[[@LINE-5]]:17: warning: module 'jam' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-7]]:16: note: what 'PyInit_jam' does with the new module
