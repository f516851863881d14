// RUN: %check_tidy %s cpython-threads-ft-drops-attach %t

#include <Python.h>

int work(void);
int use(PyObject *object);
struct job { PyObject *object; };

static void on_event(void *user) {
#ifndef Py_GIL_DISABLED
  PyGILState_STATE state = PyGILState_Ensure();
#endif
  use(((struct job *)user)->object);
#ifndef Py_GIL_DISABLED
  PyGILState_Release(state);
#endif
}
// CHECK-MESSAGES: :[[@LINE-7]]:28: warning: 'PyGILState_Ensure' is left out of free-threaded builds, which need an attached thread state as much as others [cpython-threads-ft-drops-attach]
// CHECK-NOTES: :[[@LINE-4]]:3: note: and so is 'PyGILState_Release'
// CHECK-FIXES-REMOVED: #ifndef Py_GIL_DISABLED
// CHECK-FIXES-REMOVED: #endif
// CHECK-FIXES-REMOVED: #ifndef Py_GIL_DISABLED
// CHECK-FIXES-REMOVED: #endif

static PyObject *spam_work(PyObject *m, PyObject *ignored) {
  int status;
#if !defined(Py_GIL_DISABLED)
  Py_BEGIN_ALLOW_THREADS
#endif
  status = work();
#if !defined(Py_GIL_DISABLED)
  Py_END_ALLOW_THREADS
#endif
  return PyLong_FromLong(status);
}
// CHECK-MESSAGES: :[[@LINE-8]]:3: warning: 'Py_BEGIN_ALLOW_THREADS' is left out of free-threaded builds, which need to detach before they block: until then every stop-the-world pause waits
// CHECK-NOTES: :[[@LINE-5]]:3: note: and so is 'Py_END_ALLOW_THREADS'
// CHECK-FIXES-REMOVED: #if !defined(Py_GIL_DISABLED)
// CHECK-FIXES-REMOVED: #endif
// CHECK-FIXES-REMOVED: #if !defined(Py_GIL_DISABLED)
// CHECK-FIXES-REMOVED: #endif

// Macros that do nothing without the GIL.
#ifdef Py_GIL_DISABLED
#define BEGIN_WORK {
#define END_WORK }
#else
#define BEGIN_WORK Py_BEGIN_ALLOW_THREADS
#define END_WORK Py_END_ALLOW_THREADS
#endif
// CHECK-MESSAGES: :[[@LINE-3]]:20: warning: 'Py_BEGIN_ALLOW_THREADS' is left out of free-threaded builds
// CHECK-NOTES: :[[@LINE-3]]:18: note: and so is 'Py_END_ALLOW_THREADS'
static PyObject *spam_macro(PyObject *m, PyObject *ignored) {
  int status;
  BEGIN_WORK
  status = work();
  END_WORK
  return PyLong_FromLong(status);
}

#ifdef Py_GIL_DISABLED
#define DETACH(state) do {} while (0)
#define DETACH2() ((void)0)
#else
#define DETACH(state) state = PyEval_SaveThread()
#define DETACH2() PyEval_SaveThread()
#endif
// CHECK-MESSAGES: :[[@LINE-3]]:31: warning: 'PyEval_SaveThread' is left out of free-threaded builds, which need to detach before they block
// CHECK-MESSAGES: :[[@LINE-3]]:19: warning: 'PyEval_SaveThread' is left out of free-threaded builds

// --- What is left out on purpose -----------------------------------------------------

// A lock of each build's own.
#ifdef Py_GIL_DISABLED
static PyMutex mutex;
#define DETACH3() PyMutex_Lock(&mutex)
#else
#define DETACH3() PyEval_SaveThread()
#endif
static PyObject *spam_lock(PyObject *m, PyObject *ignored) {
#ifdef Py_GIL_DISABLED
  PyMutex_Lock(&mutex);
#else
  PyGILState_STATE state = PyGILState_Ensure();
#endif
  int status = work();
#ifdef Py_GIL_DISABLED
  PyMutex_Unlock(&mutex);
#else
  PyGILState_Release(state);
#endif
  return PyLong_FromLong(status);
}

// Work that only builds with the GIL do, as a whole.
static PyObject *spam_yield(PyObject *m, PyObject *ignored) {
#ifndef Py_GIL_DISABLED
  Py_BEGIN_ALLOW_THREADS
  work();
  Py_END_ALLOW_THREADS
#endif
  Py_RETURN_NONE;
}
// A function as a whole.
#ifndef Py_GIL_DISABLED
static PyObject *spam_release(PyObject *m, PyObject *ignored) {
  PyThreadState *state = PyEval_SaveThread();
  work();
  PyEval_RestoreThread(state);
  Py_RETURN_NONE;
}
#endif

PyMethodDef spam_methods[] = {
    {"work", spam_work, METH_NOARGS, NULL},
    {"macro", spam_macro, METH_NOARGS, NULL},
    {"lock", spam_lock, METH_NOARGS, NULL},
    {"yield_", spam_yield, METH_NOARGS, NULL},
#ifndef Py_GIL_DISABLED
    {"release", spam_release, METH_NOARGS, NULL},
#endif
    {NULL, NULL, 0, NULL}
};
void listen(void (*callback)(void *));
void start(void) { listen(on_event); }
