// RUN: %check_tidy %s cpython-state-self-field-incref-race %t -python=3.13

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *source;
} Record;
extern PyTypeObject Record_Type;

// From a list of dead ones or from the allocator: nobody else has it yet. What is written into it later is another matter.
static Record *dead[8];
static int dead_count;
static PyObject *record_make(PyObject *module, PyObject *source) {
  Record *record;
  if (dead_count) {
    record = dead[--dead_count];
    _Py_NewReference((PyObject *)record);
  } else {
    record = PyObject_New(Record, &Record_Type);
    if (!record)
      return NULL;
  }
  record->source = Py_NewRef(source);
  return (PyObject *)record;
}
static PyObject *record_set(Record *self, PyObject *source) {
  Py_XSETREF(self->source, Py_NewRef(source));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'record_set' replaces 'source' of 'Record' without a lock while 'record_source' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}
static PyObject *record_source(Record *self, PyObject *ignored) { return Py_NewRef(self->source); }
static PyMethodDef record_methods[] = {{"source", (PyCFunction)record_source, METH_NOARGS, NULL},
                                         {"set", (PyCFunction)record_set, METH_O, NULL},
                                         {NULL, NULL, 0, NULL}};
PyTypeObject Record_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Record",
    .tp_basicsize = sizeof(Record),
    .tp_methods = record_methods,
};
static PyMethodDef methods[] = {{"make", record_make, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&module); }
