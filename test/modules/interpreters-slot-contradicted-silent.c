// RUN: %check_tidy %s cpython-modules-interpreters-slot-contradicted %t -python=3.13,3.15

// A module that supports the main interpreter alone, and one that does not say.
#include <Python.h>

static PyObject *cache;
static PyObject *spam_cache(PyObject *m, PyObject *arg) {
  Py_XSETREF(cache, Py_NewRef(arg));
  Py_RETURN_NONE;
}
static PyMethodDef spam_methods[] = {{"cache", spam_cache, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

static PyModuleDef_Slot ham_slots[] = {{0, NULL}};
static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_methods = spam_methods, .m_slots = ham_slots};
PyMODINIT_FUNC PyInit_ham(void) { return PyModuleDef_Init(&ham_def); }
