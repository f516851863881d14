// RUN: %check_tidy %s cpython-threads-tstate-foreign-thread %t

#include <Python.h>
#include <pthread.h>

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
// What it saves afterwards is its own, but not yet when it attaches.
static PyThreadState *last_ts;
void remember(void) { last_ts = PyThreadState_Get(); }
void again(void) {
  PyEval_RestoreThread(last_ts);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyEval_RestoreThread' attaches to the thread state in 'last_ts', which belongs to the thread that ran 'remember' last
  last_ts = PyEval_SaveThread();
}
// In the argument of a thread.
struct job {
  PyThreadState *of_caller, *made;
};
static void *job_worker(void *arg) {
  struct job *job = (struct job *)arg;
  PyEval_RestoreThread(job->of_caller);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyEval_RestoreThread' attaches to the thread state in 'of_caller', which belongs to the thread that ran 'job_start' last
  PyEval_SaveThread();
  return NULL;
}
static void *made_worker(void *arg) {
  struct job *job = (struct job *)arg;
  PyEval_RestoreThread(job->made);
  PyEval_SaveThread();
  return NULL;
}
void job_start(struct job *job) {
  pthread_t thread;
  job->of_caller = PyThreadState_Get();
  job->made = PyThreadState_New(PyThreadState_GetInterpreter(job->of_caller));
  pthread_create(&thread, NULL, job_worker, job);
  pthread_create(&thread, NULL, made_worker, job);
}
