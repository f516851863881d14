// RUN: %check_tidy %s cpython-state-process-global-hook %t -python=3.13,3.15

#include <Python.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static int hook(void) { return 0; }
static void handler(int number) {}
static void at_exit(void) {}

static PyObject *install(PyObject *module, PyObject *unused) {
  PyOS_InputHook = hook;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyOS_InputHook' is set for the whole process at run time, while other threads use it [cpython-state-process-global-hook]
  // CHECK-NOTES: :[[@LINE-2]]:3: note: set it while the module is imported, or hold one lock wherever it is set
  Py_RETURN_NONE;
}
static PyObject *watch(PyObject *module, PyObject *unused) {
  return PyLong_FromLong(PyDict_AddWatcher(NULL));
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'PyDict_AddWatcher' is set for all threads of the interpreter at run time, while they run
  // CHECK-NOTES: :[[@LINE-2]]:26: note: set it while
}
static PyObject *at_end(PyObject *module, PyObject *unused) {
  Py_AtExit(at_exit);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_AtExit' is set for the whole process at run time
  // CHECK-NOTES: :[[@LINE-2]]:3: note: 'PyUnstable_AtExit' is of one interpreter
  signal(SIGUSR1, handler);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'signal' is set for the whole process at run time
  // CHECK-NOTES: :[[@LINE-2]]:3: note: set it while
  umask(022);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'umask' is set for the whole process at run time
  // CHECK-NOTES: :[[@LINE-2]]:3: note: set it while
  Py_RETURN_NONE;
}

// --- Near misses ---------------------------------------------------------------

static PyMutex lock;
static PyObject *silent(PyObject *module, PyObject *unused) {
  struct sigaction old;
  sigaction(SIGINT, NULL, &old);
  PyMutex_Lock(&lock);
  PyOS_InputHook = hook;
  PyMutex_Unlock(&lock);
  return PyBool_FromLong(PyOS_InputHook == hook);
}
static int spam_exec(PyObject *module) {
  PyOS_InputHook = hook;
  Py_AtExit(at_exit);
  signal(SIGUSR1, handler);
  return 0;
}

static PyMethodDef spam_methods[] = {{"install", install, METH_NOARGS},
                                     {"watch", watch, METH_NOARGS},
                                     {"at_end", at_end, METH_NOARGS},
                                     {"silent", silent, METH_NOARGS},
                                     {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
