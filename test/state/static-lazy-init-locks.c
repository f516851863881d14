// RUN: %check_tidy %s cpython-state-static-lazy-init %t -python=3.13,3.15

#include <Python.h>
#include <stdlib.h>

// The lock of an object does not keep other objects out.
static PyObject *of_object(PyObject *self, PyObject *unused) {
  static char *scratch;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (scratch == NULL)
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'scratch' is initialised on first use without a lock
    scratch = malloc(64);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// The test comes before the lock.
static PyMutex mutex;
static PyObject *late(PyObject *module, PyObject *unused) {
  static PyObject *value;
  if (value == NULL) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'value' is initialised on first use, and this test is outside the lock of the write; another thread can see 'value' set before what it stands for, and other interpreters use its Python objects
    PyMutex_Lock(&mutex);
    value = PyDict_New();
    PyMutex_Unlock(&mutex);
  }
  return Py_XNewRef(value);
}

static PyObject *inside(PyObject *module, PyObject *unused) {
  static PyObject *value;
  PyMutex_Lock(&mutex);
  if (value == NULL)
    value = PyDict_New();
  PyMutex_Unlock(&mutex);
  return Py_XNewRef(value);
}

// A function of the module is always given the same module.
static PyObject *of_module(PyObject *module, PyObject *unused) {
  static char *scratch;
  Py_BEGIN_CRITICAL_SECTION(module);
  if (scratch == NULL)
    scratch = malloc(64);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// Held by the caller, as the name says.
static PyObject *shared;
static PyObject *get_shared_lock_held(void) {
  if (shared == NULL)
    shared = PyDict_New();
  return Py_XNewRef(shared);
}
static PyObject *get_shared(PyObject *module, PyObject *unused) {
  return get_shared_lock_held();
}

// Built only with the GIL: threads cannot meet, and there is no object that
// interpreters could share.
#ifndef Py_GIL_DISABLED
static char *gil_buffer;
static PyObject *with_gil(PyObject *module, PyObject *unused) {
  if (gil_buffer == NULL)
    gil_buffer = malloc(64);
  Py_RETURN_NONE;
}
static PyObject *gil_object;
static PyObject *object_with_gil(PyObject *module, PyObject *unused) {
  if (gil_object == NULL)
    // CHECK-MESSAGES-GIL: :[[@LINE-1]]:3: warning: 'gil_object' is initialised by the first interpreter that comes here in 'object_with_gil'; the others then use its Python objects [cpython-state-static-lazy-init]
    gil_object = PyDict_New();
  return Py_XNewRef(gil_object);
}
#endif

static PyMethodDef obj_methods[] = {
    {"of_object", of_object, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyTypeObject ObjType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Obj",
    .tp_methods = obj_methods,
};
static PyMethodDef methods[] = {
    {"late", late, METH_NOARGS, NULL},
    {"inside", inside, METH_NOARGS, NULL},
    {"of_module", of_module, METH_NOARGS, NULL},
    {"get_shared", get_shared, METH_NOARGS, NULL},
#ifndef Py_GIL_DISABLED
    {"with_gil", with_gil, METH_NOARGS, NULL},
    {"object_with_gil", object_with_gil, METH_NOARGS, NULL},
#endif
    {NULL, NULL, 0, NULL},
};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = methods};
PyMODINIT_FUNC PyInit_spam(void) {
  return PyType_Ready(&ObjType) < 0 ? NULL : PyModuleDef_Init(&definition);
}
