// RUN: %check_tidy %s cpython-state-thread-local-object,cpython-threads-stored-interpreter-state %t -python=3.13,3.15 -no-fix

// pybind11 pull request 5564: caches per thread.
#include <Python.h>

PyObject *find_internals();

// claim 1.9: alone it is of whichever interpreter was there first.
static thread_local PyObject *internals;
// CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'internals' keeps Python objects for a thread, which can run several interpreters: the next one uses those of the first [cpython-state-thread-local-object]
static PyObject *get(PyObject *module, PyObject *unused) {
  if (!internals)
    internals = find_internals();
  return Py_XNewRef(internals);
}

// claim 1.9: with the thread state that it belongs to it is right.
static thread_local PyObject *paired;
static thread_local PyThreadState *owner;
static PyObject *get_paired(PyObject *module, PyObject *unused) {
  PyThreadState *current = PyThreadState_Get();
  if (owner != current) {
    paired = find_internals();
    owner = current;
  }
  return Py_XNewRef(paired);
}

static PyMethodDef spam_methods[] = {{"get", get, METH_NOARGS, nullptr},
                                     {"get_paired", get_paired, METH_NOARGS, nullptr},
                                     {nullptr, nullptr, 0, nullptr}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", nullptr, 0, spam_methods};
PyMODINIT_FUNC PyInit_spam() { return PyModuleDef_Init(&spam_def); }
