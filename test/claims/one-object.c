// RUN: %check_tidy %s cpython-state-global-pyobject %t -python=3.13,3.15 -no-fix

// CPython pull request 123728: an object is used only in the interpreter it came from.
#include <Python.h>

// claim 0.35, claim 0.36: appending to the list of another interpreter uses the wrong allocator; a static list is the list of
// whichever interpreter made it.
static PyObject *callbacks;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'callbacks' keeps a Python object {{.*}} [cpython-state-global-pyobject]
static PyObject *spam_register(PyObject *m, PyObject *callback) {
  if (PyList_Append(callbacks, callback) < 0)
    return NULL;
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"register", spam_register, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
static int spam_exec(PyObject *m) {
  callbacks = PyList_New(0);
  return callbacks ? 0 : -1;
}
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
