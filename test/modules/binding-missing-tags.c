// RUN: %check_tidy %s cpython-modules-binding-missing-tags %t

// Modules in C have slots instead.
#include <Python.h>

#define PYBIND11_VERSION_MAJOR 3
#define PYBIND11_VERSION_MINOR 0

static int spam_exec(PyObject *m) { return PyModule_AddIntConstant(m, "ANSWER", 42); }
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
