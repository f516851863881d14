#include "Python.h"

typedef struct {
  PyObject_HEAD
  long count;
  long kept;
} Counter;

static PyObject *counter_step_impl(Counter *self) { return PyLong_FromLong(++self->count); }
static PyObject *counter_step(PyObject *self, PyObject *unused) { return counter_step_impl((Counter *)self); }
static PyObject *counter_repr(PyObject *self) { return PyUnicode_FromFormat("%ld", ((Counter *)self)->count); }
static PyMethodDef methods[] = {{"step", counter_step, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Counter_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "counter.Counter", .tp_basicsize = sizeof(Counter),
                             .tp_methods = methods, .tp_repr = counter_repr};
