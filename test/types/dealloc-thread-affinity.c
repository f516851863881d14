// RUN: %check_tidy %s cpython-types-dealloc-thread-affinity %t

#include <Python.h>
#include <assert.h>
#include <pthread.h>

typedef struct {
  PyObject_HEAD
  void *handle;
  unsigned long owner;
} Obj;
#ifdef __cplusplus
static thread_local void *pool[8];
#else
static _Thread_local void *pool[8];
#endif
#ifdef __cplusplus
static thread_local unsigned long version;
#else
static _Thread_local unsigned long version; // A number belongs to nobody.
#endif

static void obj_finalize(PyObject *op) {
  pool[0] = ((Obj *)op)->handle;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'pool' depends on the thread, but 'obj_finalize' can run on another thread than the one that made or used the object: without the GIL an object is freed later, by whoever merges its reference counts [cpython-types-dealloc-thread-affinity]
}
static void close_handle(Obj *self) { self->owner = PyThread_get_thread_ident(); }
// CHECK-MESSAGES: :[[@LINE-1]]:53: warning: 'PyThread_get_thread_ident' depends on the thread, but 'obj_dealloc' can run on another thread than the one that made or used the object: without the GIL an object is freed later, by whoever merges its reference counts
static void obj_dealloc(PyObject *op) {
  PyTypeObject *type = Py_TYPE(op);
  assert(PyThread_get_thread_ident() != 0);
  if (((Obj *)op)->owner != PyThread_get_thread_ident())
    PyErr_WriteUnraisable(op); // Refuses.
  close_handle((Obj *)op);
  version += 1;
  type->tp_free(op);
  Py_DECREF(type);
}
static PyObject *method(PyObject *self, PyObject *ignored) { return PyLong_FromUnsignedLong(PyThread_get_thread_ident()); }
static PyMethodDef methods[] = {{"method", method, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot slots[] = {{Py_tp_dealloc, (void *)obj_dealloc},
                              {Py_tp_finalize, (void *)obj_finalize},
                              {Py_tp_methods, methods},
                              {0, NULL}};
PyType_Spec spec = {"spam.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, slots};
