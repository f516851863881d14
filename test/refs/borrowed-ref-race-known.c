// Known problem of the page: the locals of a function. This has to start to pass one day.
// XFAIL: *
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13

#include <Python.h>

// The frame belongs to a function, as it has arguments: its locals are a snapshot that only this thread has.
static PyObject *name_self(PyObject *self, PyObject *ignored) {
  PyCodeObject *code = PyFrame_GetCode(PyEval_GetFrame());
  int arguments = code->co_argcount;
  Py_DECREF(code);
  if (!arguments)
    Py_RETURN_NONE;
  PyObject *locals = PyEval_GetLocals();
  PyObject *item = locals ? PyDict_GetItemString(locals, "self") : NULL;
  return item ? PyObject_Repr(item) : NULL;
}
static PyMethodDef methods[] = {{"name_self", name_self, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&module); }
