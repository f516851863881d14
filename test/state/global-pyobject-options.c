// RUN: %check_tidy %s cpython-state-global-pyobject %t -suffix=BOTH
// RUN: %check_tidy %s cpython-state-global-pyobject %t -suffix=THREADS -option=Hazard=free-threading
// RUN: %check_tidy %s cpython-state-global-pyobject %t -suffix=INTERPRETERS -option=Hazard=subinterpreters

#include <Python.h>

static PyObject *at_import;
// CHECK-MESSAGES-BOTH: :[[@LINE-1]]:18: warning: 'at_import' keeps a Python object of one interpreter for all interpreters; every import of the module overwrites it [cpython-state-global-pyobject]
// CHECK-MESSAGES-INTERPRETERS: :[[@LINE-2]]:18: warning: 'at_import' keeps a Python object of one interpreter for all interpreters; every import of the module overwrites it [cpython-state-global-pyobject]

static PyObject *at_run_time;
// CHECK-MESSAGES-BOTH: :[[@LINE-1]]:18: warning: 'at_run_time' keeps a Python object for all threads and interpreters; 'set' writes it at run time while 'get' can access it, with no lock in common [cpython-state-global-pyobject]
// CHECK-MESSAGES-THREADS: :[[@LINE-2]]:18: warning: 'at_run_time' keeps a Python object for all threads; 'set' writes it at run time while 'get' can access it, with no lock in common [cpython-state-global-pyobject]
// CHECK-MESSAGES-INTERPRETERS: :[[@LINE-3]]:18: warning: 'at_run_time' keeps a Python object of one interpreter for all interpreters; 'set' overwrites it [cpython-state-global-pyobject]

static PyObject *set(PyObject *module, PyObject *arg) {
  Py_XSETREF(at_run_time, Py_NewRef(arg));
  Py_RETURN_NONE;
}
static PyObject *get(PyObject *module, PyObject *unused) { return Py_XNewRef(at_run_time); }

static int spam_exec(PyObject *module) {
  at_import = PyUnicode_InternFromString("spam");
  return at_import ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"set", set, METH_O, NULL},
    {"get", get, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = methods, .m_slots = slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&definition); }
