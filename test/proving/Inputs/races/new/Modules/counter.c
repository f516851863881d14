#include "Python.h"

typedef struct {
  PyObject_HEAD
  long count;
  long kept;
} Counter;

static PyObject *counter_step_impl(Counter *self) { return PyLong_FromLong(++self->count); }
static PyObject *counter_step(PyObject *self, PyObject *unused) {
  PyObject *result;
  Py_BEGIN_CRITICAL_SECTION(self);
  result = counter_step_impl((Counter *)self);
  Py_END_CRITICAL_SECTION();
  return result;
}
static PyObject *counter_repr(PyObject *self) {
  long count;
  Py_BEGIN_CRITICAL_SECTION(self);
  count = ((Counter *)self)->count;
  Py_END_CRITICAL_SECTION();
  return PyUnicode_FromFormat("%ld", count);
}
static PyMethodDef methods[] = {{"step", counter_step, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Counter_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "counter.Counter", .tp_basicsize = sizeof(Counter),
                             .tp_methods = methods, .tp_repr = counter_repr};
