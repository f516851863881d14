// RUN: %check_tidy %s cpython-state-buffer-export-counter %t -python=3.13,3.15 -fix-notes

#include <Python.h>

typedef struct {
  PyObject_HEAD
  char *data;
  Py_ssize_t size, exports;
} Obj;

static int obj_getbuffer(Obj *self, Py_buffer *view, int flags) {
  if (PyBuffer_FillInfo(view, (PyObject *)self, self->data, self->size, 0, flags) < 0)
    return -1;
  self->exports++;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_getbuffer' changes the export count 'exports' of 'Obj' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
  return 0;
}

static void obj_releasebuffer(Obj *self, Py_buffer *view) {
  self->exports--;
}

static PyObject *obj_busy(Obj *self, PyObject *unused) {
  return PyBool_FromLong(self->exports > 0);
}

static PyBufferProcs obj_buffer = {(getbufferproc)obj_getbuffer,
                                   (releasebufferproc)obj_releasebuffer};
static PyMethodDef obj_methods[] = {
    {"busy", (PyCFunction)obj_busy, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_as_buffer = &obj_buffer,
    .tp_methods = obj_methods,
};

// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = PyBool_FromLong(self->exports > 0);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
