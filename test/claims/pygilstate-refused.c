// RUN: %check_tidy %s 'cpython-modules-*,cpython-threads-gilstate-in-multi-interp' %t -python=3.13,3.15

// CPython pull request 123728: a module that can only be loaded in the main interpreter may do it.
// claim 0.9, claim 0.27: the slot refuses others, and no object of theirs is touched.
#include <Python.h>

void lib_on_event(void (*callback)(void *), void *user);

static void on_event(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  PySys_WriteStderr("event");
  PyGILState_Release(state);
}
static PyObject *spam_listen(PyObject *m, PyObject *ignored) {
  lib_on_event(on_event, NULL);
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"listen", spam_listen, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
