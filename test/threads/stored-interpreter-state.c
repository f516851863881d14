// RUN: %check_tidy %s cpython-threads-stored-interpreter-state %t

#include <Python.h>

static PyInterpreterState *owner;
// CHECK-MESSAGES: :[[@LINE-1]]:28: warning: 'owner' keeps the pointer to an interpreter for all interpreters and threads: it dangles once that interpreter is finalized [cpython-threads-stored-interpreter-state]
static PyThreadState *saved;
// CHECK-MESSAGES: :[[@LINE-1]]:23: warning: 'saved' keeps the thread state for all interpreters and threads: it dangles once that interpreter is finalized
#ifdef __cplusplus
static thread_local PyThreadState *cached;
#else
static _Thread_local PyThreadState *cached;
#endif
static int64_t number;
// CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'number' keeps the number of an interpreter for all interpreters and threads: it can name another one once that interpreter is finalized

typedef struct {
  PyInterpreterState *interp;
  PyThreadState *during;
} Registration;
typedef struct {
  PyInterpreterState *interp;
} State;

static int spam_exec(PyObject *module) {
  owner = PyInterpreterState_Get();
  saved = PyThreadState_Get();
  cached = PyThreadState_Get();
  number = PyInterpreterState_GetID(PyInterpreterState_Get());
  State *state = (State *)PyModule_GetState(module);
  state->interp = PyInterpreterState_Get();
  return 0;
}

void on_event(void *user) {
  PyThreadState *ts = PyThreadState_New(owner);
  PyEval_RestoreThread(ts);
  PyThreadState_Clear(ts);
  PyThreadState_DeleteCurrent();
}

void subscribe(Registration *r) {
  r->interp = PyInterpreterState_Get();
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'interp' keeps the pointer to an interpreter beyond the call: it dangles once that interpreter is finalized
}

// For the time of a call.
void perform(Registration *r) {
  r->during = PyEval_SaveThread();
  PyEval_RestoreThread(r->during);
}
void call(Registration *r) {
  r->during = PyThreadState_Get();
  r->during = NULL;
}
PyInterpreterState *local(void) {
  PyInterpreterState *interp = PyInterpreterState_Get();
  Registration r;
  r.interp = PyInterpreterState_Get();
  return interp;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, sizeof(State), NULL, slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
