// RUN: %check_tidy %s cpython-state-capi-table %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyTypeObject *type;
  int (*check)(PyObject *);
} OtherAPI;
typedef struct {
  int version;
  int (*check)(PyObject *);
} Functions;

// Imported at run time.
static OtherAPI *other;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'other' keeps what another module exports to one interpreter for all interpreters; 'use_other' imports it at run time while another thread can use it, with no lock in common [cpython-state-capi-table]
// CHECK-NOTES: :[[@LINE+4]]:5: note: imported here, in 'use_other'
// CHECK-NOTES: :[[@LINE-3]]:18: note: import it while the module is imported, into the module state
static PyObject *use_other(PyObject *module, PyObject *arg) {
  if (!other)
    other = (OtherAPI *)PyCapsule_Import("other._api", 0);
  if (!other)
    return NULL;
  return PyBool_FromLong(other->check(arg));
}

// Once per import; it has objects.
static OtherAPI *imported;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'imported' keeps what another module exports to one interpreter for all interpreters [cpython-state-capi-table]
// CHECK-NOTES: :[[@LINE+10]]:3: note: imported here, in 'spam_exec'
// CHECK-NOTES: :[[@LINE-3]]:18: note: import it while
// The same functions for all.
static Functions *functions;

static PyObject *use_both(PyObject *module, PyObject *arg) {
  return PyBool_FromLong(functions->check(arg) + imported->check(arg));
}

static int spam_exec(PyObject *module) {
  imported = (OtherAPI *)PyCapsule_Import("other._api", 0);
  functions = (Functions *)PyCapsule_Import("other._functions", 0);
  return imported && functions ? 0 : -1;
}

static PyMethodDef spam_methods[] = {{"use_other", use_other, METH_O}, {"use_both", use_both, METH_O}, {NULL}};
static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, (void *)spam_exec},
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
    {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
