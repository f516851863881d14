// RUN: %check_tidy %s cpython-threads-tstate-foreign-thread %t

#include <Python.h>

int use(PyObject *op);
static PyThreadState *main_ts;
#ifdef __cplusplus
static thread_local PyThreadState *own;
#else
static _Thread_local PyThreadState *own;
#endif

void start(void) { main_ts = PyThreadState_Get(); }
void *worker(void *arg) {
  PyEval_RestoreThread(main_ts);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyEval_RestoreThread' attaches to the thread state in 'main_ts', which belongs to the thread that ran 'start' last [cpython-threads-tstate-foreign-thread]
  use((PyObject *)arg);
  PyEval_ReleaseThread(main_ts);
  return NULL;
}
void walk(PyInterpreterState *interp) {
  PyThreadState *ts = PyInterpreterState_ThreadHead(interp);
  PyEval_AcquireThread(ts);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyEval_AcquireThread' attaches to the thread state of another thread, found by going through those of the interpreter
  PyEval_ReleaseThread(ts);
}
// The thread's own.
void blocking(void) {
  PyThreadState *save = PyEval_SaveThread();
  PyEval_RestoreThread(save);
}
void pool(PyInterpreterState *interp) {
  own = PyThreadState_New(interp);
  PyEval_RestoreThread(own);
}
