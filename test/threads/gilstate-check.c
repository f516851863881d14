// RUN: %check_tidy %s cpython-threads-gilstate-check %t

#include <Python.h>
#include <assert.h>
int use(PyObject *op);

void log_it(PyObject *op) {
  if (PyGILState_Check())
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyGILState_Check' is always 1 once a subinterpreter was made: it does not say whether this thread is attached [cpython-threads-gilstate-check]
    use(op);
  assert(PyGILState_Check());
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyGILState_Check' is always 1 once a subinterpreter was made: it does not say whether this thread is attached
  if (PyGILState_GetThisThreadState() != NULL)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyGILState_GetThisThreadState' does not say whether this thread is attached: it knows only the thread state of one interpreter
    use(op);
#if PY_VERSION_HEX < 0x030D0000
  if (PyGILState_Check())
    use(op);
#endif
}
PyThreadState *get(void) { return PyGILState_GetThisThreadState(); }
