// RUN: %check_tidy %s cpython-threads-runtime-gil-query %t

// "Nogil mode and extensions", claim 2.27: a flag for the whole process is undesirable, and it changes.

#include <Python.h>

static int no_gil = -1;
static int need_lock(void) {
  if (no_gil < 0) {
    PyObject *function = PySys_GetObject("_is_gil_enabled");
    PyObject *answer = function ? PyObject_CallNoArgs(function) : NULL;
    no_gil = answer ? PyObject_Not(answer) : 0;
    Py_XDECREF(answer);
  }
  return no_gil;
}
// CHECK-MESSAGES: :[[@LINE-5]]:5: warning: 'no_gil' keeps whether the GIL is enabled, but importing another module can enable it later [cpython-threads-runtime-gil-query]
// CHECK-NOTES: :[[@LINE-8]]:26: note: it is asked for here

// Asked by a helper, kept while the module is imported.
static int ask(void) {
  PyObject *sys = PyImport_ImportModule("sys");
  PyObject *answer = sys ? PyObject_CallMethod(sys, "_is_gil_enabled", NULL) : NULL;
  int enabled = answer == NULL || PyObject_IsTrue(answer);
  Py_XDECREF(answer);
  Py_XDECREF(sys);
  PyErr_Clear();
  return enabled;
}
static int gil_enabled;
static int spam_exec(PyObject *m) {
  gil_enabled = ask();
  return 0;
}
// CHECK-MESSAGES: :[[@LINE-3]]:3: warning: 'gil_enabled' keeps whether the GIL is enabled
// CHECK-NOTES: :[[@LINE-13]]:28: note: it is asked for here

// --- Asked whenever it matters -------------------------------------------------------

static PyObject *spam_report(PyObject *m, PyObject *ignored) {
  return PyBool_FromLong(ask());
}
static int calls; // Another matter.
static PyObject *spam_call(PyObject *m, PyObject *ignored) {
  calls = calls + 1;
  return PyBool_FromLong(need_lock() || gil_enabled);
}
#ifdef Py_GIL_DISABLED
static int may_lack_gil = 1;
#else
static int may_lack_gil = 0;
#endif
static PyObject *spam_build(PyObject *m, PyObject *ignored) {
  return PyBool_FromLong(may_lack_gil);
}
static PyMethodDef spam_methods[] = {{"report", spam_report, METH_NOARGS, NULL},
                                     {"call", spam_call, METH_NOARGS, NULL},
                                     {"build", spam_build, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
