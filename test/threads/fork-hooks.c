// RUN: %check_tidy %s cpython-threads-fork-hooks %t

#include <Python.h>
#include <pthread.h>
#include <unistd.h>

PyObject *spam_fork(PyObject *m, PyObject *ignored) {
  return PyLong_FromLong(fork());
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'fork' goes on in the child without 'PyOS_AfterFork_Child': the locks and the other threads of the interpreter are as in the parent, but the threads do not run [cpython-threads-fork-hooks]
}
PyObject *old_fork(PyObject *m, PyObject *ignored) {
  pid_t pid = fork();
  if (pid == 0)
    PyOS_AfterFork_Child();
  return PyLong_FromLong(pid);
}
static void child(void) { PyErr_Clear(); }
// CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'PyErr_Clear' is called in the child of a fork before the interpreter has been put in order there
void install(void) { pthread_atfork(NULL, NULL, child); }

PyObject *good_fork(PyObject *m, PyObject *ignored) {
  PyOS_BeforeFork();
  pid_t pid = fork();
  if (pid == 0)
    PyOS_AfterFork_Child();
  else
    PyOS_AfterFork_Parent();
  return PyLong_FromLong(pid);
}
static pid_t do_fork(void) { return fork(); }
PyObject *split_fork(PyObject *m, PyObject *ignored) {
  PyOS_BeforeFork();
  pid_t pid = do_fork();
  if (pid == 0)
    PyOS_AfterFork_Child();
  else
    PyOS_AfterFork_Parent();
  return PyLong_FromLong(pid);
}
PyObject *spawn(PyObject *m, PyObject *ignored) {
  pid_t pid = fork();
  if (pid == 0) {
    execl("/bin/true", "true", (char *)NULL);
    _exit(127);
  }
  return PyLong_FromLong(pid);
}
