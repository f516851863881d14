// RUN: %check_tidy %s cpython-threads-removed-thread-api %t -python=3.11,3.13 -- -- -Wno-deprecated-declarations

#include <Python.h>

static PyObject *spam_import(PyObject *m, PyObject *name) {
  PyEval_InitThreads();
  if (name == NULL)
    return NULL;
  return PyImport_ImportModuleNoBlock("ham");
}
// CHECK-MESSAGES: :[[@LINE-5]]:3: warning: 'PyEval_InitThreads' does nothing since Python 3.9: threads are always initialized [cpython-threads-removed-thread-api]
// CHECK-FIXES-REMOVED: PyEval_InitThreads();
// CHECK-MESSAGES: :[[@LINE-4]]:10: warning: 'PyImport_ImportModuleNoBlock' is gone in Python 3.15: it has been the same since 3.3
// CHECK-NOTES: :[[@LINE-5]]:10: note: 'PyImport_ImportModule' takes its place
// CHECK-FIXES: return PyImport_ImportModule("ham");

static PyObject *spam_alive(PyObject *m, PyObject *ref) {
  PyObject *object = PyWeakref_GetObject(ref);
  return PyBool_FromLong(object != Py_None);
}
// CHECK-MESSAGES: :[[@LINE-3]]:22: warning: 'PyWeakref_GetObject' is gone in Python 3.15: the object can be freed while its borrowed reference is in use
// CHECK-NOTES: :[[@LINE-4]]:22: note: 'PyWeakref_GetRef' takes its place, from Python 3.13 on
// CHECK-NOTES: :[[@LINE+2]]:26: note: 'PyWeakref_GetObject' is used here too
static PyObject *spam_gone(PyObject *m, PyObject *ref) {
  return PyBool_FromLong(PyWeakref_GetObject(ref) == Py_None);
}

// The child's side of a fork.
void after_fork(void) {
  PyOS_AfterFork();
}
// CHECK-MESSAGES: :[[@LINE-2]]:3: warning: 'PyOS_AfterFork' is deprecated since Python 3.7: the lock of imports and other locks have to be handled in the parent too
// CHECK-NOTES: :[[@LINE-3]]:3: note: 'PyOS_AfterFork_Child' takes its place
// CHECK-FIXES: PyOS_AfterFork_Child();

// --- What may stay ------------------------------------------------------------------

// Nothing replaces these in the oldest Python that is supported.
PyObject *chain(PyObject *function) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  Py_XDECREF(PyObject_CallNoArgs(function));
  PyErr_Restore(type, value, traceback);
  return NULL;
}

// Another branch has the replacement.
int is_alive(PyObject *ref) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject *object = NULL;
  int result = PyWeakref_GetRef(ref, &object);
  Py_XDECREF(object);
  return result;
#else
  return PyWeakref_GetObject(ref) != Py_None;
#endif
}
