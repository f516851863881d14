#include <Python.h>

static PyObject *Error;

typedef struct {
  PyObject_HEAD
  long value;
} Counter;

static void counter_dealloc(Counter *self) {
  Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *counter_add(Counter *self, PyObject *arg) {
  long more = PyLong_AsLong(arg);
  if (more == -1 && PyErr_Occurred())
    return NULL;
  if (more < 0) {
    PyErr_SetString(Error, "counts only up");
    return NULL;
  }
  self->value += more;
  return PyLong_FromLong(self->value);
}

static PyMethodDef counter_methods[] = {
    {"add", (PyCFunction)counter_add, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject Counter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tiny.Counter",
    .tp_basicsize = sizeof(Counter),
    .tp_dealloc = (destructor)counter_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = counter_methods,
    .tp_new = PyType_GenericNew,
};

static struct PyModuleDef tiny_module = {PyModuleDef_HEAD_INIT, "tiny", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_tiny(void) {
  PyObject *m = PyModule_Create(&tiny_module);
  if (m == NULL)
    return NULL;
  Error = PyErr_NewException("tiny.Error", NULL, NULL);
  if (PyModule_AddObjectRef(m, "Error", Error) < 0 || PyModule_AddType(m, &Counter_Type) < 0) {
    Py_DECREF(m);
    return NULL;
  }
  return m;
}
