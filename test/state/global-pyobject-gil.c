// RUN: %check_tidy %s cpython-state-global-pyobject %t

#include <Python.h>

// Compiled with the GIL only: interpreters share it, threads cannot.
#ifndef Py_GIL_DISABLED
static PyObject *cache;
// CHECK-MESSAGES-GIL: :[[@LINE-1]]:18: warning: 'cache' keeps a Python object of one interpreter for all interpreters; 'set' overwrites it [cpython-state-global-pyobject]
#endif

static PyObject *set(PyObject *module, PyObject *arg) {
#ifndef Py_GIL_DISABLED
  Py_XSETREF(cache, Py_NewRef(arg));
#endif
  Py_RETURN_NONE;
}

// One write with the GIL only, another in every build.
static PyObject *last;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'last' keeps a Python object for all threads and interpreters; 'set_last' writes it at run time while
static PyObject *set_last(PyObject *module, PyObject *arg) {
#ifndef Py_GIL_DISABLED
  last = NULL;
#endif
  last = Py_NewRef(arg);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"set", set, METH_O, NULL},
    {"set_last", set_last, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&definition); }
