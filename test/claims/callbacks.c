// RUN: %check_tidy %s cpython-threads-callback-object-userdata,cpython-threads-main-interpreter-hack,cpython-threads-stored-interpreter-state %t -python=3.13,3.15 -no-fix

// CPython pull request 123728: callbacks, the main interpreter, and pointers to interpreters that are kept.
#include <Python.h>

int use(PyObject *op);
void lib_on_event(void (*callback)(void *), void *user);

// claim 0.6, claim 0.15: the library calls it on any thread, and Ensure does not know whose object it is given.
static void on_event(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: callback 'on_event' takes its data 'user' for a Python object, but 'PyGILState_Ensure' does not attach to the interpreter of that object [cpython-threads-callback-object-userdata]
  PyGILState_Release(state);
}

// claim 0.7, claim 0.8, claim 0.22: attached to main, because that is easy.
static void on_tick(void *user) {
  PyThreadState *state = PyThreadState_New(PyInterpreterState_Main());
  // CHECK-MESSAGES: :[[@LINE-1]]:44: warning: 'PyInterpreterState_Main' picks the main interpreter, but the module does not refuse to be used in others [cpython-threads-main-interpreter-hack]
  PyEval_RestoreThread(state);
  PySys_WriteStderr("tick\n");
  PyThreadState_Clear(state);
  PyThreadState_DeleteCurrent();
}

// claim 0.26: in main, no object of a module that was imported elsewhere is valid; and one cannot know which it is.
static void on_main(void *user) {
  PyThreadState *state = PyThreadState_New(PyInterpreterState_Main());
  // CHECK-MESSAGES: :[[@LINE-1]]:44: warning: 'PyInterpreterState_Main' picks the main interpreter, but the module does not refuse to be used in others [cpython-threads-main-interpreter-hack]
  PyEval_RestoreThread(state);
  use((PyObject *)user);
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: callback 'on_main' takes its data 'user' for a Python object, but 'PyEval_RestoreThread' does not attach to the interpreter of that object [cpython-threads-callback-object-userdata]
  PyThreadState_Clear(state);
  PyThreadState_DeleteCurrent();
}

// claim 0.31, claim 0.33, claim 0.38: the three places where an interpreter is kept. In a static variable it is the one that
// was imported last, and it may be gone; in what a callback is given it may be gone; the module state is gone first.
static PyInterpreterState *last;
// CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'last' keeps the pointer to an interpreter for all interpreters and threads: it dangles once that interpreter is finalized [cpython-threads-stored-interpreter-state]
typedef struct {
  PyInterpreterState *interp;
  PyObject *callback;
} Registration;
typedef struct {
  PyInterpreterState *interp;
} State;

static void on_registered(void *user) {
  Registration *registration = (Registration *)user;
  PyThreadState *state = PyThreadState_New(registration->interp);
  PyEval_RestoreThread(state);
  use(registration->callback);
  PyThreadState_Clear(state);
  PyThreadState_DeleteCurrent();
}
static PyObject *spam_listen(PyObject *module, PyObject *callback) {
  Registration *registration = (Registration *)PyMem_RawMalloc(sizeof(Registration));
  if (!registration)
    return PyErr_NoMemory();
  registration->interp = PyInterpreterState_Get();
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'interp' keeps the pointer to an interpreter beyond the call: it dangles once that interpreter is finalized [cpython-threads-stored-interpreter-state]
  registration->callback = Py_NewRef(callback);
  lib_on_event(on_registered, registration);
  lib_on_event(on_event, callback);
  lib_on_event(on_main, callback);
  lib_on_event(on_tick, NULL);
  Py_RETURN_NONE;
}
static int spam_exec(PyObject *module) {
  State *state = (State *)PyModule_GetState(module);
  state->interp = PyInterpreterState_Get();
  last = PyInterpreterState_Get();
  return 0;
}
static PyMethodDef spam_methods[] = {{"listen", spam_listen, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, sizeof(State), spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
