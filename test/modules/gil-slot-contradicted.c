// RUN: %check_tidy %s cpython-modules-gil-slot-contradicted %t -python=3.13,3.15 -fix-notes -fix-min-python=3.13

#include <Python.h>

static Py_ssize_t calls;
static PyObject *last;
static PyObject *registry;

static PyObject *spam_call(PyObject *m, PyObject *arg) {
  calls++;
  Py_XSETREF(last, Py_NewRef(arg));
  return PyLong_FromSsize_t(calls);
}
static PyObject *spam_last(PyObject *m, PyObject *ignored) {
  return Py_XNewRef(last);
}
static PyObject *spam_find(PyObject *m, PyObject *name) {
  PyObject *found = PyDict_GetItem(registry, name);
  return Py_XNewRef(found);
}
static PyObject *spam_register(PyObject *m, PyObject *name) {
  if (PyDict_SetItem(registry, name, Py_None) < 0)
    return NULL;
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"call", spam_call, METH_O, NULL},
                                     {"last", spam_last, METH_NOARGS, NULL},
                                     {"find", spam_find, METH_O, NULL},
                                     {"register", spam_register, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
static int spam_exec(PyObject *m) {
  registry = PyDict_New();
  return registry ? 0 : -1;
}
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:6: warning: module 'spam' declares 'Py_MOD_GIL_NOT_USED', but 3 places in this file are not safe without the GIL [cpython-modules-gil-slot-contradicted]
// CHECK-NOTES: :[[@LINE-31]]:3: note: 'calls' is written here without a lock
// CHECK-NOTES: :[[@LINE-31]]:3: note: 'last' is written here without a lock
// CHECK-NOTES: :[[@LINE-25]]:21: note: 'PyDict_GetItem' gives a reference here that another thread may free
// CHECK-NOTES: :[[@LINE-7]]:6: note: until they are mended the module is 'Py_MOD_GIL_USED' (6 functions and 3 variables analysed)
// CHECK-FIXES-NOTES: {Py_mod_gil, Py_MOD_GIL_USED},
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
