// RUN: %check_tidy %s cpython-threads-ob-mutex-direct %t -python=3.13,3.15 -no-fix

// Under the condition that such code needs.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
} Obj;
static PyObject *obj_inc(Obj *self, PyObject *ignored) {
#ifdef Py_GIL_DISABLED
  PyMutex_Lock(&self->ob_base.ob_mutex);
  // CHECK-MESSAGES-FT: :[[@LINE-1]]:3: warning: the mutex of an object is the runtime's own: locked directly, it is not released when the thread has to wait [cpython-threads-ob-mutex-direct]
#endif
  self->count++;
#ifdef Py_GIL_DISABLED
  PyMutex_Unlock(&self->ob_base.ob_mutex);
#endif
  Py_RETURN_NONE;
}
PyObject *(*const functions[])(Obj *, PyObject *) = {obj_inc};
