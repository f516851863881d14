// RUN: %check_tidy %s cpython-modules-limited-api-mismatch %t -python=3.13,3.15

#include <Python.h>
// Behind Python.h, so that the headers of all builds accept it.
#define Py_LIMITED_API 0x030c0000

static PyMutex mutex;
static long hits;
static PyObject *spam_hit(PyObject *m, PyObject *ignored) {
  PyMutex_Lock(&mutex);
  hits++;
  PyMutex_Unlock(&mutex);
  return PyLong_FromLong(hits);
}
// CHECK-MESSAGES: :[[@LINE-5]]:3: warning: 'PyMutex_Lock' is not in the Limited API; this file asks for that of Python 3.12 [cpython-modules-limited-api-mismatch]
// CHECK-MESSAGES: :[[@LINE-4]]:3: warning: 'PyMutex_Unlock' is not in the Limited API

static PyObject *spam_first(PyObject *m, PyObject *list) {
  return PyList_GetItemRef(list, 0);
}
// CHECK-MESSAGES: :[[@LINE-2]]:10: warning: 'PyList_GetItemRef' is in the Limited API only since Python 3.13; this file asks for that of Python 3.12

// --- What it has -----------------------------------------------------------------

static PyObject *spam_last(PyObject *m, PyObject *list) {
  PyObject *item = PySequence_GetItem(list, PyList_Size(list) - 1);
  if (item && Py_IsNone(item))
    Py_CLEAR(item);
  return Py_XNewRef(item);
}
static PyMethodDef spam_methods[] = {
    {"hit", spam_hit, METH_NOARGS, NULL},
    {"first", spam_first, METH_O, NULL},
    {"last", spam_last, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = spam_methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
