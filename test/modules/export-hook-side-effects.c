// RUN: %check_tidy %s cpython-modules-export-hook-side-effects %t

// PyInit_ functions of multi-phase modules.
#include <Python.h>

static PyTypeObject Spam_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "spam.Spam", .tp_basicsize = sizeof(PyObject)};
static PyObject *SpamError;
static int spam_exec(PyObject *m) { return PyModule_AddType(m, &Spam_Type); }
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};

PyMODINIT_FUNC PyInit_spam(void) {
  if (PyType_Ready(&Spam_Type) < 0)
    return NULL;
  SpamError = PyErr_NewException("spam.Error", NULL, NULL);
  if (SpamError == NULL)
    return NULL;
  return PyModuleDef_Init(&spam_def);
}
// CHECK-MESSAGES: :[[@LINE-7]]:7: warning: 'PyType_Ready' is called before module 'spam' exists, on behalf of the main interpreter, whichever imports the module [cpython-modules-export-hook-side-effects]
// CHECK-NOTES: :[[@LINE-9]]:16: note: 'PyInit_spam' should only name the slots; the rest belongs into a function that a 'Py_mod_exec' slot names
// CHECK-NOTES: :[[@LINE-7]]:15: note: 'PyErr_NewException' is called here

// In a helper.
static int prepare(void) {
  PyObject *module = PyImport_ImportModule("ham_data");
  Py_XDECREF(module);
  return module ? 0 : -1;
}
PyMODINIT_FUNC PyInit_ham(void) {
  if (prepare() < 0)
    return NULL;
  return PyModuleDef_Init(&spam_def);
}
// CHECK-MESSAGES: :[[@LINE-9]]:22: warning: 'PyImport_ImportModule' is called before module 'spam' exists
// CHECK-NOTES: :[[@LINE-6]]:16: note: 'PyInit_ham' should only name the slots

// --- What may stand there ----------------------------------------------------------

PyMODINIT_FUNC PyInit_ok1(void) { return PyModuleDef_Init(&spam_def); }

static const char *doc;
static void choose_doc(void) { doc = sizeof(void *) == 8 ? "64 bit" : "32 bit"; }
PyMODINIT_FUNC PyInit_ok2(void) {
  choose_doc();
  spam_def.m_doc = doc;
  return PyModuleDef_Init(&spam_def);
}

// Single-phase initialization does all of it there.
static struct PyModuleDef old_def = {PyModuleDef_HEAD_INIT, .m_name = "old"};
PyMODINIT_FUNC PyInit_old(void) {
  if (PyType_Ready(&Spam_Type) < 0)
    return NULL;
  return PyModule_Create(&old_def);
}
