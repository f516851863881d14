// RUN: %check_tidy %s cpython-threads-gilstate-check %t -python=3.13,3.15 -option=MinPython=3.13 -fix-min-python=3.13

#include <Python.h>

int use(PyObject *op);

void log_it(PyObject *op) {
  if (PyGILState_Check())
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyGILState_Check' is always 1 once a subinterpreter was made: it does not say whether this thread is attached [cpython-threads-gilstate-check]
    // CHECK-FIXES: if ((PyThreadState_GetUnchecked() != NULL))
    use(op);
  if (PyGILState_GetThisThreadState() == NULL)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyGILState_GetThisThreadState' does not say whether this thread is attached: it knows only the thread state of one interpreter
    // CHECK-FIXES: if (PyThreadState_GetUnchecked() == NULL)
    use(op);
}
