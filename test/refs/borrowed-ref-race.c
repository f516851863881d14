// What a finding says: from which container, who may change it, where the
// reference is used last, and what to use instead.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -python=3.13,3.15

#include <Python.h>

int use(PyObject *op); // May run Python code.

static PyObject *argument(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
  // CHECK-NOTES: :[[@LINE-3]]:50: note: any thread that holds the object passed as argument 'list' can change it
  // CHECK-NOTES: :[[@LINE+2]]:3: note: the reference becomes strong only here
  // CHECK-NOTES: :[[@LINE-4]]:20: note: 'PyList_GetItemRef' returns a strong reference (Python 3.13, or pythoncapi_compat.h)
  Py_XINCREF(item);
  return item;
}

static PyObject *cache;

static PyObject *global(PyObject *m, PyObject *key) {
  PyObject *value = PyDict_GetItemWithError(cache, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyDict_GetItemWithError' on 'cache' is used after
  // CHECK-NOTES: :[[@LINE+10]]:7: note: 'remember' changes 'cache', in any thread
  // CHECK-NOTES: :[[@LINE+4]]:3: note: the reference is used last here
  // CHECK-NOTES: :[[@LINE-4]]:21: note: 'PyDict_GetItemRef' returns
  if (value == NULL)
    return NULL;
  use(value);
  Py_RETURN_NONE;
}

static PyObject *remember(PyObject *m, PyObject *key) {
  if (PyDict_SetItem(cache, key, key) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *first(PyObject *list) { return PyList_GetItem(list, 0); }

static PyObject *wrapper(PyObject *m, PyObject *list) {
  PyObject *item;
  Py_BEGIN_CRITICAL_SECTION(list);
  item = first(list);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: borrowed reference from 'first' on 'list' is used after
  // CHECK-NOTES: :[[@LINE-5]]:49: note: any thread that holds the object passed as argument 'list' can change it
  // CHECK-NOTES: :[[@LINE+4]]:10: note: the lock held at the lookup is released before the reference is used last here
  // CHECK-NOTES: :[[@LINE-9]]:49: note: 'first' hands out a reference borrowed with 'PyList_GetItem'
  // CHECK-NOTES: :[[@LINE-5]]:10: note: 'PyList_GetItemRef' returns
  Py_END_CRITICAL_SECTION();
  return Py_XNewRef(item);
}

static PyMethodDef methods[] = {
    {"argument", argument, METH_O, NULL}, {"global", global, METH_O, NULL},
    {"remember", remember, METH_O, NULL}, {"wrapper", wrapper, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef messages_module = {
    PyModuleDef_HEAD_INIT, .m_name = "messages", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_messages(void) {
  cache = PyDict_New();
  return PyModule_Create(&messages_module);
}
