// RUN: %check_tidy %s cpython-modules-missing-gil-slot %t

// What stands against Py_MOD_GIL_NOT_USED, in notes.
#include <Python.h>

static Py_ssize_t calls;
static PyObject *last;
static int configured; // Written while the module is imported, under its lock.

static PyObject *spam_call(PyObject *m, PyObject *arg) {
  calls++;
  Py_XSETREF(last, Py_NewRef(arg));
  PyObject *first = PyList_GetItem(arg, 0);
  return first ? PyObject_Repr(first) : NULL;
}
static PyObject *spam_reset(PyObject *m, PyObject *ignored) {
  calls = 0;
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"call", spam_call, METH_O, NULL},
                                     {"reset", spam_reset, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static int spam_exec(PyObject *m) {
  configured = 1;
  return 0;
}
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-4]]:25: warning: module 'spam' does not declare whether it needs the GIL
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
// CHECK-NOTES: :[[@LINE-1]]:16: note: module 'spam' is initialized here
// CHECK-NOTES: :[[@LINE-28]]:3: note: against 'Py_MOD_GIL_NOT_USED': 'calls' is written here without a lock
// CHECK-NOTES: :[[@LINE-28]]:3: note: against 'Py_MOD_GIL_NOT_USED': 'last' is written here without a lock
// CHECK-NOTES: :[[@LINE-28]]:21: note: against 'Py_MOD_GIL_NOT_USED': 'PyList_GetItem' gives a reference here that another thread may free
