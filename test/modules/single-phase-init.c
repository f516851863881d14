// RUN: %check_tidy %s cpython-modules-single-phase-init %t

#include <Python.h>

static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_size = -1};
PyMODINIT_FUNC PyInit_spam(void) {
  PyObject *m = PyModule_Create(&spam_def);
  if (m == NULL)
    return NULL;
  if (PyModule_AddIntConstant(m, "ANSWER", 42) < 0) {
    Py_DECREF(m);
    return NULL;
  }
  return m;
}
// CHECK-MESSAGES: :[[@LINE-9]]:17: warning: module 'spam' is created by single-phase initialization; interpreters with a GIL of their own refuse to import it [cpython-modules-single-phase-init]
// CHECK-NOTES: :[[@LINE-13]]:27: note: with a negative m_size, all other interpreters share the objects that the first one put into the module
// CHECK-NOTES: :[[@LINE-12]]:16: note: what 'PyInit_spam' does with the new module belongs into a function that a 'Py_mod_exec' slot names; 'pyext-migrate --level=multi-phase {{.*}}' does that for the whole module
// CHECK-NOTES: :[[@LINE+11]]:10: note: 'PyState_FindModule' does not find a module of multi-phase initialization; methods have to get it in another way

// State per module does not make it multi-phase.
static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_size = sizeof(int)};
PyMODINIT_FUNC PyInit_ham(void) { return PyModule_Create(&ham_def); }
// CHECK-MESSAGES: :[[@LINE-1]]:42: warning: module 'ham' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-2]]:16: note: what 'PyInit_ham' does with the new module belongs into a function that a 'Py_mod_exec' slot names
// CHECK-NOTES: :[[@LINE+3]]:10: note: 'PyState_FindModule' does not find a module of multi-phase initialization; methods have to get it in another way

static PyObject *ham_of(void) {
  return PyState_FindModule(&ham_def);
}
PyObject *borrowed_ham(void) { return Py_XNewRef(ham_of()); }

// Made by a helper, with an error of importing in between.
static struct PyModuleDef eggs_def = {PyModuleDef_HEAD_INIT, .m_name = "eggs"};
static PyObject *make_eggs(void) {
  PyObject *m = PyModule_Create(&eggs_def);
  if (m != NULL && PyModule_AddStringConstant(m, "kind", "fried") < 0)
    Py_CLEAR(m);
  return m;
}
PyMODINIT_FUNC PyInit_eggs(void) {
  if (!PyImport_ImportModule("spam"))
    return NULL;
  return make_eggs();
}
// CHECK-MESSAGES: :[[@LINE-10]]:17: warning: module 'eggs' is created by single-phase initialization
// CHECK-NOTES: :[[@LINE-6]]:16: note: what 'PyInit_eggs' does with
// CHECK-NOTES: :[[@LINE-19]]:10: note: 'PyState_FindModule' does not find

// --- Modules that are not ----------------------------------------------------

static int ok_exec(PyObject *m);
static PyModuleDef_Slot ok_slots[] = {{Py_mod_exec, ok_exec}, {0, NULL}};
static struct PyModuleDef ok_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ok", .m_slots = ok_slots};
PyMODINIT_FUNC PyInit_ok(void) { return PyModuleDef_Init(&ok_def); }

// A helper module that an exec function makes.
static struct PyModuleDef sub_def = {PyModuleDef_HEAD_INIT, .m_name = "ok.sub"};
static int ok_exec(PyObject *m) {
  PyObject *sub = PyModule_Create(&sub_def);
  int status = PyModule_AddObjectRef(m, "sub", sub);
  Py_XDECREF(sub);
  return status;
}

// Another branch of the same function does it in phases.
PyMODINIT_FUNC PyInit_both(void) {
#if defined(Py_LIMITED_API) || PY_VERSION_HEX >= 0x04000000
  return PyModuleDef_Init(&ok_def);
#else
  return PyModule_Create(&sub_def);
#endif
}

PyObject *made_elsewhere(void);
PyMODINIT_FUNC PyInit_elsewhere(void) { return made_elsewhere(); }
