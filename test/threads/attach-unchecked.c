// RUN: %check_tidy %s cpython-threads-attach-unchecked %t -python=3.15 -fix-min-python=3.15

#include <Python.h>

int use(PyObject *op);

static void *worker(void *p) {
  PyInterpreterGuard *g = p;
  PyThreadStateToken *t = PyThreadState_Ensure(g);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'PyThreadState_Ensure' can return NULL, and the result is used without a test [cpython-threads-attach-unchecked]
  // CHECK-NOTES: :[[@LINE+5]]:3: note: used here
  // CHECK-NOTES: :[[@LINE+5]]:3: note: used here
  // CHECK-FIXES: if (t == NULL) {
  // CHECK-FIXES: return NULL;
  // CHECK-FIXES: }
  PyErr_Clear();
  PyThreadState_Release(t);
  PyInterpreterGuard_Close(g);
  return NULL;
}

static void from_view(void *p) {
  PyThreadStateToken *t;
  PyInterpreterGuard *g = PyInterpreterGuard_FromView(p);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'PyInterpreterGuard_FromView' can return NULL, and the result is used without a test [cpython-threads-attach-unchecked]
  // CHECK-NOTES: :[[@LINE+4]]:7: note: used here
  // CHECK-FIXES: if (g == NULL) {
  // CHECK-FIXES: return;
  // CHECK-FIXES: }
  t = PyThreadState_Ensure(g);
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyThreadState_Ensure' can return NULL, and the result is used without a test [cpython-threads-attach-unchecked]
  // CHECK-NOTES: :[[@LINE+6]]:3: note: used here
  // CHECK-NOTES: :[[@LINE+6]]:3: note: used here
  // CHECK-FIXES: if (t == NULL) {
  // CHECK-FIXES: PyInterpreterGuard_Close(g);
  // CHECK-FIXES: return;
  // CHECK-FIXES: }
  PyErr_Clear();
  PyThreadState_Release(t);
  PyInterpreterGuard_Close(g);
}

static int no_fix(void *p) {
  PyThreadStateToken *t = PyThreadState_EnsureFromView(p);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'PyThreadState_EnsureFromView' can return NULL, and the result is used without a test [cpython-threads-attach-unchecked]
  // CHECK-NOTES: :[[@LINE+2]]:3: note: used here
  // CHECK-NOTES: :[[@LINE+2]]:3: note: used here
  PyErr_Clear();
  PyThreadState_Release(t);
  return 0;
}

static void closed(PyInterpreterView *v) {
  PyInterpreterGuard *g = PyInterpreterGuard_FromView(v);
  if (g == NULL)
    return;
  PyInterpreterGuard_Close(g);
  PyThreadStateToken *t = PyThreadState_Ensure(g);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'g' is closed already [cpython-threads-attach-unchecked]
  // CHECK-NOTES: :[[@LINE-3]]:3: note: closed here
  if (t != NULL)
    PyThreadState_Release(t);
}

static void pending(void *p) {
  PyThreadStateToken *t = PyThreadState_EnsureFromView(p);
  if (!t) {
    PyErr_Print();
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'PyThreadState_EnsureFromView' sets no exception when it fails [cpython-threads-attach-unchecked]
    // CHECK-NOTES: :[[@LINE-4]]:27: note: called here
    return;
  }
  Py_XDECREF(PyObject_CallNoArgs(Py_False));
  PyErr_Clear();
  PyObject *r = PyObject_CallNoArgs(Py_None);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyObject_CallNoArgs' can fail here, and 'PyThreadState_Release' is called with its exception pending: it is lost, or left to the code that the thread has interrupted [cpython-threads-attach-unchecked]
  // CHECK-NOTES: :[[@LINE+2]]:5: note: released here
  if (r == NULL) {
    PyThreadState_Release(t);
    return;
  }
  Py_DECREF(r);
  Py_XDECREF(PyObject_CallNoArgs(Py_True));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyObject_CallNoArgs' can fail here
  // CHECK-NOTES: :[[@LINE+1]]:3: note: released here
  PyThreadState_Release(t);
}

// Nothing below is wrong.

static void handled(void *p) {
  PyThreadStateToken *t = PyThreadState_EnsureFromView(p);
  if (t == NULL)
    return;
  PyObject *r;
  for (int i = 0; i < 3; i++) {
    if ((r = PyObject_CallNoArgs(Py_None)) == NULL) {
      PyErr_WriteUnraisable(Py_None);
      break;
    }
    Py_DECREF(r);
  }
  r = PyObject_CallNoArgs(Py_True);
  Py_XDECREF(r);
  if (PyErr_Occurred())
    PyErr_Print();
  if ((r = PyObject_CallNoArgs(Py_False)))
    Py_DECREF(r);
  else
    use(Py_None); // May report it.
  PyThreadState_Release(t);
}
static PyObject *asked(PyObject *module, PyObject *unused) {
  PyInterpreterView *view = PyInterpreterView_FromCurrent();
  if (view == NULL && PyErr_ExceptionMatches(PyExc_MemoryError))
    return NULL;
  if (view == NULL) {
    PyErr_Clear();
    return NULL;
  }
  PyInterpreterView_Close(view);
  Py_RETURN_NONE;
}
// A guard that the function was given.
static void closed_too_early(void *user) {
  PyInterpreterGuard *guard = user;
  PyInterpreterGuard_Close(guard);
  PyThreadStateToken *token = PyThreadState_Ensure(guard);
  if (token != NULL)
    PyThreadState_Release(token);
}
// CHECK-MESSAGES: :[[@LINE-4]]:31: warning: 'guard' is closed already
// CHECK-NOTES: :[[@LINE-6]]:3: note: closed here
static void closed_last(void *user) {
  PyInterpreterGuard *guard = user;
  PyThreadStateToken *token = PyThreadState_Ensure(guard);
  if (token != NULL)
    PyThreadState_Release(token);
  PyInterpreterGuard_Close(guard);
}
void (*const closers[])(void *) = {closed_too_early, closed_last};
PyObject *(*const methods[])(PyObject *, PyObject *) = {asked};
void (*const more[])(void *) = {pending, handled};

static void *good_worker(void *p) {
  PyInterpreterGuard *g = p;
  PyThreadStateToken *t = PyThreadState_Ensure(g);
  if (t != NULL) {
    if (use(Py_None) < 0)
      PyErr_WriteUnraisable(NULL);
    PyThreadState_Release(t);
  }
  PyInterpreterGuard_Close(g);
  return NULL;
}
static void good_early(void *p) {
  PyThreadStateToken *t;
  if ((t = PyThreadState_EnsureFromView(p)) == NULL)
    return;
  PyErr_Clear();
  PyThreadState_Release(t);
}
static void good_both(PyInterpreterView *v) {
  PyInterpreterGuard *g = PyInterpreterGuard_FromView(v);
  PyThreadStateToken *t = g ? PyThreadState_Ensure(g) : NULL;
  if (t) {
    PyErr_Clear();
    PyThreadState_Release(t);
  }
  if (g)
    PyInterpreterGuard_Close(g);
}
void (*const functions[])(void *) = {from_view, good_early};
int (*const others[])(void *) = {no_fix};
void (*const views[])(PyInterpreterView *) = {closed, good_both};
