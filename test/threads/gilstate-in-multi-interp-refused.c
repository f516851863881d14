// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t -python=3.13,3.15

// One interpreter only: PyGILState finds it.
#include <Python.h>

void lib_on_event(void (*callback)(void *user), void *user);

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
}
static PyObject *spam_register(PyObject *m, PyObject *arg) {
  lib_on_event(on_event, Py_NewRef(arg));
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {
    {"register", spam_register, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
