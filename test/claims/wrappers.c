// RUN: %check_tidy %s cpython-state-shared-native-handle,cpython-state-self-state-in-allow-threads,cpython-state-process-global-hook,cpython-state-type-mutation-after-ready,cpython-state-capi-table %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions": wrappers of libraries, and what extensions share without knowing each other.
#include <Python.h>

typedef struct lib_handle lib_handle;
lib_handle *lib_open(void);
int lib_do(lib_handle *handle);
void lib_close(lib_handle *handle);

// claim 2.24: a handle that all threads use, and one that a second thread closes meanwhile.
static lib_handle *shared;
// CHECK-MESSAGES: :[[@LINE-1]]:20: warning: 'shared' is one handle of a C library for all threads; 'spam_do' passes it to 'lib_do' while another thread can do the same, with no lock in common [cpython-state-shared-native-handle]
typedef struct {
  PyObject_HEAD
  lib_handle *handle;
} Reader;
static PyObject *spam_do(PyObject *module, PyObject *unused) { return PyLong_FromLong(lib_do(shared)); }
static PyObject *reader_read(Reader *self, PyObject *unused) {
  int rc;
  if (self->handle == NULL)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_do(self->handle);
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'reader_read' uses 'handle' of 'Reader' while detached; meanwhile, even with the GIL, 'reader_close' can free or replace it [cpython-state-self-state-in-allow-threads]
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
static PyObject *reader_close(Reader *self, PyObject *unused) {
  if (self->handle != NULL)
    lib_close(self->handle);
  self->handle = NULL;
  Py_RETURN_NONE;
}

// claim 2.14: a library that is not thread-safe, used in a way that is: each thread has its own handle.
static _Thread_local lib_handle *own;
static PyObject *spam_do_own(PyObject *module, PyObject *unused) {
  if (own == NULL)
    own = lib_open();
  return PyLong_FromLong(own ? lib_do(own) : -1);
}

// claim 2.26: the hook of the process, the type of somebody else, the table of another module.
static int input_hook(void) { return 0; }
static PyObject *spam_install(PyObject *module, PyObject *unused) {
  PyOS_InputHook = input_hook;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyOS_InputHook' is set for the whole process at run time, while other threads use it [cpython-state-process-global-hook]
  Py_RETURN_NONE;
}
static PyObject *spam_patch(PyObject *module, PyObject *type) {
  ((PyTypeObject *)type)->tp_flags |= Py_TPFLAGS_BASETYPE;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tp_flags' of a type that may be in use is changed in 'spam_patch', at run time; other threads read it without a lock [cpython-state-type-mutation-after-ready]
  Py_RETURN_NONE;
}
typedef struct {
  PyTypeObject *type;
  int (*check)(PyObject *);
} OtherAPI;
static OtherAPI *other;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'other' keeps what another module exports; 'spam_check' imports it at run time while another thread can use it, with no lock in common [cpython-state-capi-table]
static PyObject *spam_check(PyObject *module, PyObject *arg) {
  if (!other)
    other = (OtherAPI *)PyCapsule_Import("other._api", 0);
  return other ? PyBool_FromLong(other->check(arg)) : NULL;
}

static int spam_exec(PyObject *module) {
  shared = lib_open();
  return 0;
}
static PyMethodDef reader_methods[] = {{"read", (PyCFunction)reader_read, METH_NOARGS, NULL},
                                       {"close", (PyCFunction)reader_close, METH_NOARGS, NULL},
                                       {NULL, NULL, 0, NULL}};
static PyType_Slot reader_slots[] = {{Py_tp_methods, reader_methods}, {0, NULL}};
PyType_Spec reader_spec = {"spam.Reader", sizeof(Reader), 0, Py_TPFLAGS_DEFAULT, reader_slots};
static PyMethodDef spam_methods[] = {{"do", spam_do, METH_NOARGS, NULL},
                                     {"do_own", spam_do_own, METH_NOARGS, NULL},
                                     {"install", spam_install, METH_NOARGS, NULL},
                                     {"patch", spam_patch, METH_O, NULL},
                                     {"check", spam_check, METH_O, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
