#include <Python.h>
#include <syslog.h>

static PyObject *name;

static PyObject *stays_open(PyObject *self, PyObject *arg) {
  const char *text = PyUnicode_AsUTF8(arg);
  if (text == NULL)
    return NULL;
  Py_INCREF(arg);
  Py_XSETREF(name, arg);
  openlog(text, 0, LOG_USER);
  Py_RETURN_NONE;
}

static PyMethodDef stays_methods[] = {
    {"open", stays_open, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef stays_module = {PyModuleDef_HEAD_INIT, "stays", NULL, -1, stays_methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_stays(void) {
  return PyModule_Create(&stays_module);
}
