#include <Python.h>
static PyObject *last;
static PyObject *keep(PyObject *self, PyObject *args, PyObject *kwds) {
  static char *names[] = {"item", NULL};
  PyObject *item;
  if (PyInterpreterState_Get() != PyInterpreterState_Main())
    PyErr_Clear();
  if (!PyArg_ParseTupleAndKeywords(args, kwds, "O", names, &item))
    return NULL;
  Py_INCREF(item);
  Py_XSETREF(last, item);
  Py_RETURN_NONE;
}
static PyMethodDef methods[] = {{"keep", (PyCFunction)(void (*)(void))keep, METH_VARARGS | METH_KEYWORDS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "keywords_kept", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_keywords_kept(void) { return PyModule_Create(&module); }
