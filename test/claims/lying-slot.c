// RUN: %check_tidy %s cpython-modules-gil-slot-contradicted %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions", claim 2.11, claim 2.12: extensions can be wrong about their thread safety, by accident or not.
#include <Python.h>

static Py_ssize_t hits;
static PyObject *spam_hit(PyObject *m, PyObject *ignored) {
  return PyLong_FromSsize_t(++hits);
}
static PyMethodDef spam_methods[] = {{"hit", spam_hit, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0, NULL}};
// CHECK-MESSAGES: :[[@LINE-1]]:42: warning: module 'spam' declares 'Py_MOD_GIL_NOT_USED', but 1 place in this file is not safe without the GIL [cpython-modules-gil-slot-contradicted]
// claim 2.13: where it is not true.
// CHECK-NOTES: :[[@LINE-7]]:31: note: 'hits' is written here without a lock
// CHECK-NOTES: :[[@LINE-4]]:42: note: until they are mended the module is 'Py_MOD_GIL_USED' (
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
