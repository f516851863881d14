// The fix: a mutex of the object, which is held while detached, too.
// RUN: %check_tidy %s cpython-state-self-state-in-allow-threads %t -python=3.13,3.15 -fix-notes

#include <Python.h>

typedef struct handle handle;
int handle_read(handle *h);
void handle_close(handle *h);

typedef struct {
  PyObject_HEAD
  handle *h; // The library's.
  int kind;
} File;

static PyObject *file_read(File *self, PyObject *unused) {
  int result = -1;
  Py_BEGIN_ALLOW_THREADS
  if (self->h)
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'file_read' uses 'h' of 'File' while detached; meanwhile, even with the GIL, 'file_close' can free or replace it
    result = handle_read(self->h);
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(result);
}
static PyObject *file_close(File *self, PyObject *unused) {
  if (self->h) {
    handle_close(self->h);
    self->h = NULL;
  }
  Py_RETURN_NONE;
}
static void file_dealloc(File *self) {
  if (self->h)
    handle_close(self->h);
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free((PyObject *)self);
}

static PyMethodDef file_methods[] = {{"read", (PyCFunction)file_read, METH_NOARGS, NULL},
                                     {"close", (PyCFunction)file_close, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
PyTypeObject File_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.File",
    .tp_basicsize = sizeof(File),
    .tp_dealloc = (destructor)file_dealloc,
    .tp_methods = file_methods,
};

// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex h_mutex;
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Lock(&self->h_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Unlock(&self->h_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Lock(&self->h_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Unlock(&self->h_mutex);
// CHECK-FIXES-NOTES: #endif
