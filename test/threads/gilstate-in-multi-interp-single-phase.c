// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t
// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t -option=cpython-threads-gilstate-in-multi-interp.AssumeMultipleInterpreters=true -suffix=ASSUMED

// A single-phase module; reported on demand only.
#include <Python.h>

void lib_on_event(void (*callback)(void *user), void *user);

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES-ASSUMED: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know to which interpreter the callback belongs, and the module may be used in several [cpython-threads-gilstate-in-multi-interp]
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
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_size = -1, .m_methods = spam_methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
