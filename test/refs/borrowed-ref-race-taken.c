// Items that are taken out of their list, and containers that only look shared.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race,cpython-refs-borrowed-escapes-critical-section %t -python=3.13,3.15 -no-fix

#include <Python.h>
#include "prelude.h"

// What is put into the place of an item takes the list's reference away.
static PyObject *replaced(PyObject *heap, PyObject *item) {
  PyObject *first = PyList_GET_ITEM(heap, 0);
  PyList_SET_ITEM(heap, 0, Py_NewRef(item));
  if (PyList_Sort(heap) < 0) {
    Py_DECREF(first);
    return NULL;
  }
  return first;
}
// The list keeps the first one.
static PyObject *other(PyObject *heap, PyObject *item) {
  PyObject *first = PyList_GET_ITEM(heap, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyList_GET_ITEM' on 'heap' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
  PyList_SET_ITEM(heap, 1, Py_NewRef(item));
  return Py_NewRef(first);
}
static PyObject *replace(PyObject *m, PyObject *heap) {
  PyObject *first;
  Py_BEGIN_CRITICAL_SECTION(heap);
  first = replaced(heap, m);
  Py_END_CRITICAL_SECTION();
  return first;
}
static PyObject *others(PyObject *m, PyObject *heap) { return other(heap, m); }

// A proxy only shows the dict, and keyword arguments are copied.
static PyObject *shown, *options, *given;
static int exec(PyObject *m) {
  shown = PyDict_New();
  options = PyDict_New();
  given = PyDict_New();
  PyObject *proxy = shown ? PyDictProxy_New(shown) : NULL;
  return proxy ? PyModule_Add(m, "shown", proxy) : -1;
}
static PyObject *lookups(PyObject *m, PyObject *key) {
  PyObject *a = PyDict_GetItem(shown, key), *b = PyDict_GetItem(options, key);
  PyObject *c = PyDict_GetItem(given, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'given'
  return a && b && c ? PyTuple_Pack(3, a, b, c) : NULL;
}
static PyObject *call(PyObject *m, PyObject *func) {
  PyObject *none = PyTuple_New(0);
  return none ? PyObject_Call(func, none, options) : NULL;
}
static PyObject *give(PyObject *m, PyObject *func) {
  return PyObject_CallOneArg(func, given);
}

// A helper makes it when it is not there: what is there stays.
typedef struct {
  PyObject_HEAD
  PyObject *registry, *cache;
} Data;
static int add(Data *self, PyObject **place, PyObject *item) {
  PyObject *set;
  Py_BEGIN_CRITICAL_SECTION(self);
  set = *place;
  if (set == NULL)
    set = *place = PySet_New(NULL);
  Py_XINCREF(set);
  Py_END_CRITICAL_SECTION();
  int result = set ? PySet_Add(set, item) : -1;
  Py_XDECREF(set);
  return result;
}
static int renew(PyObject **place) {
  Py_XSETREF(*place, PySet_New(NULL));
  return *place ? 0 : -1;
}
static PyObject *add_both(PyObject *op, PyObject *item) {
  Data *self = (Data *)op;
  if (add(self, &self->registry, item) < 0 || add(self, &self->cache, item) < 0 ||
      renew(&self->cache) < 0)
    return NULL;
  Py_RETURN_NONE;
}
static PyObject *clear(PyObject *op, PyObject *ignored) {
  Data *self = (Data *)op;
  PyObject *registry, *cache;
  Py_BEGIN_CRITICAL_SECTION(self);
  registry = self->registry;
  cache = self->cache;
  // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: 'self->cache' is read under a lock, and the reference is used after the lock is released [cpython-refs-borrowed-escapes-critical-section]
  Py_END_CRITICAL_SECTION();
  if ((registry && PySet_Clear(registry) < 0) || (cache && PySet_Clear(cache) < 0))
    return NULL;
  Py_RETURN_NONE;
}
static PyMethodDef data_methods[] = {{"add", add_both, METH_O, NULL},
                                     {"clear", clear, METH_NOARGS, NULL},
                                     {0}};
static PyType_Slot data_slots[] = {{Py_tp_methods, data_methods}, {0, NULL}};
PyType_Spec data_spec = {"m.Data", sizeof(Data), 0, Py_TPFLAGS_DEFAULT, data_slots};

static PyMethodDef methods[] = {{"replace", replace, METH_O, NULL},
                                {"others", others, METH_O, NULL},
                                {"lookups", lookups, METH_O, NULL},
                                {"call", call, METH_O, NULL},
                                {"give", give, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec},
                                   {Py_mod_gil, Py_MOD_GIL_NOT_USED},
                                   {0, NULL}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "m", .m_methods = methods,
                          .m_slots = slots};
PyMODINIT_FUNC PyInit_m(void) { return PyModuleDef_Init(&def); }
