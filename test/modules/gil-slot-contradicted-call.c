// RUN: %check_tidy %s cpython-modules-gil-slot-contradicted %t -python=3.13,3.15 -fix-notes -fix-min-python=3.13

// Declared by a call, in free-threaded builds.
#include <Python.h>

static PyObject *cache;
static PyObject *spam_names(PyObject *m, PyObject *ignored) {
  if (cache == NULL)
    cache = PyList_New(0);
  return Py_XNewRef(cache);
}
// CHECK-MESSAGES-FT: :[[@LINE+11]]:3: warning: module 'spam' declares 'Py_MOD_GIL_NOT_USED', but 1 place in this file is not safe without the GIL [cpython-modules-gil-slot-contradicted]
// CHECK-NOTES-FT: :[[@LINE-4]]:5: note: 'cache' is written here without a lock
// CHECK-NOTES-FT: :[[@LINE+9]]:3: note: until they are mended the module is 'Py_MOD_GIL_USED' (
// CHECK-FIXES-FT: PyUnstable_Module_SetGIL(m, Py_MOD_GIL_USED);
static PyMethodDef spam_methods[] = {{"names", spam_names, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_size = -1, .m_methods = spam_methods};
PyMODINIT_FUNC PyInit_spam(void) {
  PyObject *m = PyModule_Create(&spam_def);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
  return m;
}
