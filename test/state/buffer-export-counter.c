// RUN: %check_tidy %s cpython-state-buffer-export-counter %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_HEAD
  char *buf;
  Py_ssize_t size;
  int exports;
} Obj;

static int obj_getbuffer(Obj *self, Py_buffer *view, int flags) {
  if (PyBuffer_FillInfo(view, (PyObject *)self, self->buf, self->size, 0, flags) < 0)
    return -1;
  self->exports++;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_getbuffer' changes the export count 'exports' of 'Obj' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
// CHECK-NOTES: :[[@LINE+6]]:61: note: 'obj_releasebuffer' changes 'exports' here without a lock
// CHECK-NOTES: :[[@LINE+7]]:7: note: 'obj_resize' reads 'exports' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:12: note: 'obj_getbuffer' is the slot 'bf_getbuffer' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-11]]:7: note: hold a critical section on the exporter wherever the count is tested or changed, or make it atomic
  return 0;
}
static void obj_releasebuffer(Obj *self, Py_buffer *view) { self->exports--; }
static PyObject *obj_resize(Obj *self, PyObject *unused) {
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "exported");
    return NULL;
  }
  Py_RETURN_NONE;
}
static PyMethodDef obj_methods[] = {{"resize", (PyCFunction)obj_resize, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
static PyBufferProcs obj_as_buffer = {(getbufferproc)obj_getbuffer, (releasebufferproc)obj_releasebuffer};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_as_buffer = &obj_as_buffer,
    .tp_methods = obj_methods,
};

typedef struct {
  PyObject_HEAD
  char *buf;
  Py_ssize_t size;
  int exports;
} Good;

static int good_getbuffer(Good *self, Py_buffer *view, int flags) {
  int status;
  Py_BEGIN_CRITICAL_SECTION(self);
  status = PyBuffer_FillInfo(view, (PyObject *)self, self->buf, self->size, 0, flags);
  if (status == 0)
    self->exports++;
  Py_END_CRITICAL_SECTION();
  return status;
}
static void good_releasebuffer(Good *self, Py_buffer *view) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->exports--;
  Py_END_CRITICAL_SECTION();
}
static PyType_Slot good_slots[] = {{Py_bf_getbuffer, good_getbuffer},
                                   {Py_bf_releasebuffer, good_releasebuffer},
                                   {0, NULL}};
PyType_Spec good_spec = {"demo.Good", sizeof(Good), 0, Py_TPFLAGS_DEFAULT, good_slots};

// Memory that never changes needs no count.
static int bytes_getbuffer(Good *self, Py_buffer *view, int flags) {
  return PyBuffer_FillInfo(view, (PyObject *)self, self->buf, self->size, 1, flags);
}
static PyType_Slot bytes_slots[] = {{Py_bf_getbuffer, bytes_getbuffer}, {0, NULL}};
PyType_Spec bytes_spec = {"demo.Bytes", sizeof(Good), 0, Py_TPFLAGS_DEFAULT, bytes_slots};
