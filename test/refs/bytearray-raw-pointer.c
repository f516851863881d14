// RUN: %check_tidy %s cpython-refs-bytearray-raw-pointer %t

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *buffer;
} Thing;

static PyObject *sum(PyObject *m, PyObject *ba) {
  const char *p = PyByteArray_AS_STRING(ba);
  // CHECK-MESSAGES: :[[@LINE-1]]:19: warning: pointer from 'PyByteArray_AS_STRING' into 'ba' is used while another thread may move or free what it points to [cpython-refs-bytearray-raw-pointer]
  // CHECK-NOTES: :[[@LINE-3]]:45: note: any thread that holds the object passed as argument 'ba' can change it
  Py_ssize_t n = PyByteArray_GET_SIZE(ba);
  long s = 0;
  Py_BEGIN_ALLOW_THREADS
  for (Py_ssize_t i = 0; i < n; i++)
    s += p[i];
  // CHECK-NOTES: :[[@LINE-1]]:10: note: it is used here while the thread is detached; the GIL does not help then
  // CHECK-NOTES: :[[@LINE-9]]:19: note: 'PyObject_GetBuffer' keeps the memory in place until the buffer is released
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(s);
}

static PyObject *take(Thing *self, PyObject *ignored) {
  PyObject *r = PyBytes_FromStringAndSize(PyByteArray_AsString(self->buffer),
                                          PyByteArray_Size(self->buffer));
  // CHECK-MESSAGES: :[[@LINE-2]]:43: warning: pointer from 'PyByteArray_AsString' into 'self->buffer' is used while another thread may move or free what it points to
  // CHECK-NOTES: :[[@LINE+2]]:3: note: another thread can change 'buffer' in 'take'
  // CHECK-NOTES: :[[@LINE-4]]:43: note: 'PyObject_GetBuffer' keeps the memory in place until the buffer is released
  PyByteArray_Resize(self->buffer, 0);
  return r;
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *made_here(PyObject *m, PyObject *arg) {
  PyObject *ba = PyByteArray_FromStringAndSize(NULL, 8);
  if (ba != NULL)
    PyByteArray_AS_STRING(ba)[0] = 1;
  return ba;
}

static PyObject *pinned(PyObject *m, PyObject *ba) {
  Py_buffer view;
  if (PyObject_GetBuffer(ba, &view, PyBUF_SIMPLE) < 0)
    return NULL;
  long s = view.len ? PyByteArray_AS_STRING(ba)[0] : 0;
  PyBuffer_Release(&view);
  return PyLong_FromLong(s);
}

static PyObject *locked(Thing *self, PyObject *ignored) {
  long s = 0;
#ifdef Py_BEGIN_CRITICAL_SECTION
  Py_BEGIN_CRITICAL_SECTION(self->buffer);
  if (PyByteArray_GET_SIZE(self->buffer) > 0)
    s = PyByteArray_AS_STRING(self->buffer)[0];
  Py_END_CRITICAL_SECTION();
#endif
  return PyLong_FromLong(s);
}

// The memory of bytes stays where it is.
static PyObject *bytes(PyObject *m, PyObject *arg) {
  return PyLong_FromLong(PyBytes_AS_STRING(arg)[0] + PyBytes_AsString(arg)[1]);
}

static PyMethodDef thing_methods[] = {
    {"take", (PyCFunction)take, METH_NOARGS, NULL},
    {"locked", (PyCFunction)locked, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot thing_slots[] = {{Py_tp_methods, thing_methods}, {0, NULL}};
PyType_Spec thing_spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT,
                          thing_slots};
PyMethodDef methods[] = {{"sum", sum, METH_O, NULL},
                         {"made_here", made_here, METH_O, NULL},
                         {"pinned", pinned, METH_O, NULL},
                         {"bytes", bytes, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};
