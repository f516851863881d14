// RUN: %check_tidy %s cpython-state-thread-local-object %t -python=3.13,3.15

#include <Python.h>

PyObject *make_value(void);

static _Thread_local PyObject *cache;
// CHECK-MESSAGES: :[[@LINE-1]]:32: warning: 'cache' keeps Python objects for a thread, which can run several interpreters: the next one uses those of the first [cpython-state-thread-local-object]
// CHECK-NOTES: :[[@LINE+4]]:5: note: stored here, in 'get'
// CHECK-NOTES: :[[@LINE-3]]:32: note: keep it in the dict of the thread state or in the module state, or keep the interpreter beside it and compare
static PyObject *get(PyObject *module, PyObject *unused) {
  if (!cache)
    cache = make_value();
  return Py_XNewRef(cache);
}

static __thread PyThreadState *saved_state;
// CHECK-MESSAGES: :[[@LINE-1]]:32: warning: 'saved_state' keeps a thread state for a thread
// CHECK-NOTES: :[[@LINE+3]]:3: note: stored here, in 'begin'
// CHECK-NOTES: :[[@LINE-3]]:32: note: keep it
static PyObject *begin(PyObject *module, PyObject *unused) {
  saved_state = PyEval_SaveThread();
  return NULL;
}

// --- Near misses ---------------------------------------------------------------

static _Thread_local int depth;
static _Thread_local PyObject *running;
static _Thread_local PyObject *handler;
static _Thread_local PyObject *never_set;
static PyObject *run(PyObject *module, PyObject *arg) {
  depth++;
  PyObject *outer = running;
  running = arg;
  PyObject *result = PyObject_CallNoArgs(arg);
  running = outer;
  handler = arg;
  Py_XDECREF(PyObject_CallNoArgs(arg));
  handler = NULL;
  depth--;
  return result ? result : never_set;
}

// With the interpreter it belongs to.
static _Thread_local struct {
  PyInterpreterState *interpreter;
  PyObject *value;
} kept;
static PyObject *get_kept(PyObject *module, PyObject *unused) {
  PyInterpreterState *here = PyInterpreterState_Get();
  if (kept.interpreter != here) {
    kept.value = make_value();
    kept.interpreter = here;
  }
  return Py_XNewRef(kept.value);
}

static PyMethodDef spam_methods[] = {{"get", get, METH_NOARGS},
                                     {"begin", begin, METH_NOARGS},
                                     {"run", run, METH_O},
                                     {"get_kept", get_kept, METH_NOARGS},
                                     {NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, NULL};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
