// RUN: %check_tidy %s cpython-threads-stop-the-world-misuse %t -python=3.13,3.15

#include <Python.h>

extern void _PyEval_StopTheWorld(PyInterpreterState *);
extern void _PyEval_StartTheWorld(PyInterpreterState *);

static int scan(PyObject *list) {
  PyInterpreterState *interp = PyInterpreterState_Get();
  _PyEval_StopTheWorld(interp);
  int rc = PyObject_IsTrue(list);
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'PyObject_IsTrue' is called while all other threads are stopped, and can wait for one of them [cpython-threads-stop-the-world-misuse]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: stopped here
  if (rc < 0)
    return -1;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'return' leaves all other threads stopped [cpython-threads-stop-the-world-misuse]
    // CHECK-NOTES: :[[@LINE-7]]:3: note: stopped here
  _PyEval_StartTheWorld(interp);
  return rc;
}

// Nothing below is wrong.

static Py_ssize_t good_scan(PyObject *list) {
  PyInterpreterState *interp = PyInterpreterState_Get();
  _PyEval_StopTheWorld(interp);
  Py_ssize_t size = Py_SIZE(list);
  _PyEval_StartTheWorld(interp);
  if (PyObject_IsTrue(list) < 0)
    return -1;
  return size;
}
