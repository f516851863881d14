// RUN: %check_tidy %s cpython-modules-gil-slot-contradicted %t -python=3.13,3.15

// Promises that this file does not break.
#include <Python.h>
#include <stdatomic.h>

static _Atomic Py_ssize_t calls;
static PyMutex mutex;
static PyObject *last;
static int verbose;         // A late value does no harm.
static PyObject *SpamError; // Written while the module is imported.
static _Thread_local int depth;
#ifndef Py_GIL_DISABLED
static int with_gil;
#endif

static PyObject *spam_call(PyObject *m, PyObject *arg) {
  atomic_fetch_add(&calls, 1);
  depth++;
#ifndef Py_GIL_DISABLED
  with_gil++;
#endif
  PyMutex_Lock(&mutex);
  PyObject *old = last;
  last = Py_NewRef(arg);
  PyMutex_Unlock(&mutex);
  Py_XDECREF(old);
  Py_RETURN_NONE;
}
static PyObject *spam_verbose(PyObject *m, PyObject *arg) {
  verbose = PyObject_IsTrue(arg) > 0;
  return Py_NewRef(SpamError);
}
typedef struct {
  PyObject_HEAD
  Py_ssize_t length;
} Spam;
static PyObject *Spam_set(PyObject *self, PyObject *arg) {
  Py_ssize_t length = PyLong_AsSsize_t(arg);
  Py_BEGIN_CRITICAL_SECTION(self);
  ((Spam *)self)->length = length;
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyMethodDef Spam_methods[] = {{"set", Spam_set, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot Spam_slots[] = {{Py_tp_methods, Spam_methods}, {0, NULL}};
PyType_Spec Spam_spec = {.name = "spam.Spam", .basicsize = sizeof(Spam), .slots = Spam_slots};
static PyMethodDef spam_methods[] = {{"call", spam_call, METH_O, NULL},
                                     {"verbose", spam_verbose, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
static int spam_exec(PyObject *m) {
  SpamError = PyErr_NewException("spam.Error", NULL, NULL);
  return PyModule_AddObjectRef(m, "Error", SpamError);
}
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
