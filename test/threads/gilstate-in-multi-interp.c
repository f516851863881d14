// RUN: %check_tidy %s cpython-threads-gilstate-in-multi-interp %t -fix-notes

// The module says nothing, which means that it supports several interpreters.
#include <Python.h>
#include <pthread.h>

void lib_on_event(void (*callback)(void *user), void *user);
struct lib_ops {
  int (*read)(void *user);
  int (*write)(void *user);
};
void lib_open(const struct lib_ops *ops, void *user);

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know to which interpreter the callback belongs, and module 'spam' supports several by default [cpython-threads-gilstate-in-multi-interp]
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
  st = PyGILState_Ensure(); // One finding per function.
  PyGILState_Release(st);
}

// In a table that a library reads.
static int on_read(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
  return 0;
}

// Through a helper.
static void call(PyObject *callback) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know
  Py_XDECREF(PyObject_CallNoArgs(callback));
  PyGILState_Release(st);
}
static int on_write(void *user) {
  call(user);
  return 0;
}
static const struct lib_ops ops = {on_read, on_write};

// On a thread of our own.
static void *worker(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
  return NULL;
}

static void *on_watch(void *user) {
  return PyGILState_GetThisThreadState();
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyGILState_GetThisThreadState' does not know
}

// Other files of the extension call it on any thread.
void spam_log(const char *text) {
  PyGILState_STATE st = PyGILState_Ensure();
  // CHECK-MESSAGES: :[[@LINE-1]]:25: warning: 'PyGILState_Ensure' does not know
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030F0000
  // CHECK-FIXES:   PyInterpreterView *main_view = PyInterpreterView_FromMain();
  // CHECK-FIXES:   PyThreadStateToken *st = main_view == NULL ? NULL : PyThreadState_EnsureFromView(main_view);
  // CHECK-FIXES:   if (main_view != NULL)
  // CHECK-FIXES:     PyInterpreterView_Close(main_view);
  // CHECK-FIXES:   if (st == NULL)
  // CHECK-FIXES:     return;
  // CHECK-FIXES: #else
  // CHECK-FIXES: #endif
  PySys_WriteStderr("%s", text);
  PyGILState_Release(st);
  // CHECK-FIXES: #if PY_VERSION_HEX >= 0x030F0000
  // CHECK-FIXES:   if (PyErr_Occurred() != NULL)
  // CHECK-FIXES:     PyErr_WriteUnraisable(NULL);
  // CHECK-FIXES:   PyThreadState_Release(st);
  // CHECK-FIXES: #else
  // CHECK-FIXES: #endif
}

static PyObject *spam_register(PyObject *m, PyObject *arg) {
  pthread_t thread;
  lib_on_event(on_event, Py_NewRef(arg));
  lib_open(&ops, Py_NewRef(arg));
  pthread_create(&thread, NULL, worker, Py_NewRef(arg));
  pthread_create(&thread, NULL, on_watch, NULL);
  Py_RETURN_NONE;
}

// --- Threads of Python are attached already ---------------------------------

static PyObject *spam_call(PyObject *m, PyObject *arg) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyObject *result = PyObject_CallNoArgs(arg);
  PyGILState_Release(st);
  return result;
}
static void report(const char *text) {
  PyGILState_STATE st = PyGILState_Ensure();
  PySys_WriteStderr("%s", text);
  PyGILState_Release(st);
}
static PyObject *spam_report(PyObject *m, PyObject *ignored) {
  Py_BEGIN_ALLOW_THREADS
  report("running");
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}
// Asks only.
static int on_check(void) { return PyGILState_Check(); }
static PyObject *spam_attached(PyObject *m, PyObject *ignored) {
  return PyBool_FromLong(on_check());
}

// --- Python 3.15 names the interpreter --------------------------------------

#if PY_VERSION_HEX >= 0x030F0000
static void on_view(void *user) {
  PyThreadStateToken *token = PyThreadState_EnsureFromView((PyInterpreterView *)user);
  if (token)
    PyThreadState_Release(token);
}
#else
static void on_view(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  PyGILState_Release(st);
}
#endif
static void on_view2(void *user) {
#if PY_VERSION_HEX < 0x030F0000
  PyGILState_STATE st = PyGILState_Ensure();
  PyGILState_Release(st);
#else
  PyThreadStateToken *token = PyThreadState_EnsureFromView((PyInterpreterView *)user);
  if (token)
    PyThreadState_Release(token);
#endif
}
static PyObject *spam_view(PyObject *m, PyObject *ignored) {
  lib_on_event(on_view, NULL);
  lib_on_event(on_view2, NULL);
  Py_RETURN_NONE;
}

static PyMethodDef spam_methods[] = {
    {"register", spam_register, METH_O, NULL},
    {"call", spam_call, METH_O, NULL},
    {"report", spam_report, METH_NOARGS, NULL},
    {"attached", spam_attached, METH_NOARGS, NULL},
    {"view", spam_view, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}
};
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030C0000
// CHECK-FIXES: {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
