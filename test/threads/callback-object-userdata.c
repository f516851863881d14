// RUN: %check_tidy %s cpython-threads-callback-object-userdata %t

#include <Python.h>

#ifdef __cplusplus
extern "C" {
#endif
void lib_on_event(void (*cb)(void *user), void *user);
void lib_each(void (*cb)(void *user), void *user);
#ifdef __cplusplus
}
#endif
typedef struct {
  PyObject_HEAD
  PyObject *cb;
} Obj;
typedef struct {
  PyObject *cb;
} Reg;

static void on_event(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallMethod((PyObject *)user, "fire", NULL));
  // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: callback 'on_event' takes its data 'user' for a Python object, but 'PyGILState_Ensure' does not attach to the interpreter of that object, and nothing keeps the object alive until then [cpython-threads-callback-object-userdata]
  PyGILState_Release(st);
}
PyObject *obj_listen(PyObject *self, PyObject *ignored) {
  lib_on_event(on_event, self);
  Py_RETURN_NONE;
}

static void on_kept(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  Obj *self = (Obj *)user;
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: callback 'on_kept' takes its data 'user' for a Python object, but 'PyGILState_Ensure' does not attach to the interpreter of that object
  Py_XDECREF(PyObject_CallNoArgs(self->cb));
  PyGILState_Release(st);
}
PyObject *obj_keep(PyObject *self, PyObject *ignored) {
  Py_INCREF(self);
  lib_on_event(on_kept, self);
  Py_RETURN_NONE;
}

// Without PyGILState; an interpreter is chosen, but not by who registers.
static PyInterpreterState *interp;
static void on_main(void *user) {
  PyThreadState *ts = PyThreadState_New(PyInterpreterState_Main());
  PyEval_RestoreThread(ts);
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: callback 'on_main' takes its data 'user' for a Python object, but 'PyEval_RestoreThread' does not attach to the interpreter of that object
  PyThreadState_Clear(ts);
  PyThreadState_DeleteCurrent();
}
static void on_last(void *user) {
  PyThreadState *ts = PyThreadState_New(interp);
  PyEval_AcquireThread(ts);
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: callback 'on_last' takes its data 'user' for a Python object, but 'PyEval_AcquireThread' does not
  PyThreadState_Clear(ts);
  PyThreadState_DeleteCurrent();
}
PyObject *obj_main(PyObject *self, PyObject *ignored) {
  interp = PyInterpreterState_Get();
  Py_INCREF(self);
  lib_on_event(on_main, self);
  lib_on_event(on_last, self);
  Py_RETURN_NONE;
}
// The object knows its thread state or its interpreter.
typedef struct {
  PyObject_HEAD
  PyThreadState *ts;
  PyInterpreterState *interp;
  PyObject *cb;
} Own;
static void on_own(void *user) {
  Own *self = (Own *)user;
  PyEval_RestoreThread(self->ts);
  Py_XDECREF(PyObject_CallNoArgs(self->cb));
  self->ts = PyEval_SaveThread();
}
static void on_own_interp(void *user) {
  PyThreadState *ts = PyThreadState_New(((Own *)user)->interp);
  PyEval_RestoreThread(ts);
  Py_XDECREF(PyObject_CallNoArgs(((Own *)user)->cb));
  PyThreadState_Clear(ts);
  PyThreadState_DeleteCurrent();
}
PyObject *obj_own(PyObject *self, PyObject *ignored) {
  Py_INCREF(self);
  lib_each(on_own, self);
  lib_on_event(on_own_interp, self);
  Py_RETURN_NONE;
}

// Called at once, by a thread that is attached.
static void each(void *user) { Py_XDECREF(PyObject_CallNoArgs((PyObject *)user)); }
PyObject *obj_each(PyObject *self, PyObject *ignored) {
  lib_each(each, self);
  Py_RETURN_NONE;
}
// A struct of its own.
static void on_reg(void *user) {
  Reg *r = (Reg *)user;
  PyGILState_STATE st = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallNoArgs(r->cb));
  PyGILState_Release(st);
}
void obj_register(Reg *r) { lib_on_event(on_reg, r); }

// Detached for a call that lasts as long as the callbacks do: on this thread, and with an object that the method holds.
int lib_run(int (*progress)(void *user), void *user);
int lib_set_progress(int (*progress)(void *user), void *user);
static int on_progress(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  PyGILState_Release(st);
  return 0;
}
PyObject *obj_run(PyObject *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_run(on_progress, self);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
// This one only registers.
static int on_set_progress(void *user) {
  PyGILState_STATE st = PyGILState_Ensure();
  Py_XDECREF(PyObject_CallNoArgs((PyObject *)user));
  // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: callback 'on_set_progress' takes its data 'user' for a Python object, but 'PyGILState_Ensure' does not attach to the interpreter of that object, and nothing keeps the object alive until then
  PyGILState_Release(st);
  return 0;
}
PyObject *obj_set_progress(PyObject *self, PyObject *ignored) {
  int rc;
  Py_BEGIN_ALLOW_THREADS
  rc = lib_set_progress(on_set_progress, self);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(rc);
}
