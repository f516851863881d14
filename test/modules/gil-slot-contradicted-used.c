// RUN: %check_tidy %s cpython-modules-gil-slot-contradicted %t -python=3.13,3.15

// A module that keeps the GIL promises nothing.
#include <Python.h>

static Py_ssize_t calls;
static PyObject *spam_call(PyObject *m, PyObject *ignored) {
  return PyLong_FromSsize_t(++calls);
}
static PyMethodDef spam_methods[] = {{"call", spam_call, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_gil, Py_MOD_GIL_USED}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
