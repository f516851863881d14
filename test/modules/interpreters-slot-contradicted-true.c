// RUN: %check_tidy %s cpython-modules-interpreters-slot-contradicted %t -python=3.13,3.15

// Promises that this file does not break.
#include <Python.h>
#include <stdatomic.h>

typedef struct {
  PyObject *error;
} State;
static _Atomic long calls; // The process may count for all of them.
static PyMutex mutex;
static long total;
static PyObject *kind; // The same object in all interpreters.

static PyObject *spam_call(PyObject *m, PyObject *ignored) {
  atomic_fetch_add(&calls, 1);
  PyMutex_Lock(&mutex);
  total += 1;
  PyMutex_Unlock(&mutex);
  State *state = PyModule_GetState(m);
  kind = PyExc_ValueError;
  return Py_NewRef(state->error);
}
static PyMethodDef spam_methods[] = {{"call", spam_call, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static int spam_exec(PyObject *m) {
  State *state = PyModule_GetState(m);
  state->error = PyErr_NewException("spam.Error", NULL, NULL);
  return PyModule_AddObjectRef(m, "Error", state->error);
}
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_size = sizeof(State), .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
