// RUN: %check_tidy %s cpython-refs-dict-next-unlocked,cpython-refs-unlocked-container-macro,cpython-refs-container-check-then-act,cpython-refs-borrowed-ref-race %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions": where the locks inside of the C API do not help.
#include <Python.h>

int use(PyObject *op);
PyObject *make_value(void);

typedef struct {
  PyObject_HEAD
  PyObject *cache;
  PyObject *items;
} Thing;

// claim 2.28: only the GIL kept others away while this goes through a dict that they have too.
static PyObject *spam_walk(PyObject *module, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t position = 0;
  while (PyDict_Next(dict, &position, &key, &value))
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyDict_Next' steps through 'dict' without its critical section, while another thread may change it [cpython-refs-dict-next-unlocked]
    if (use(value) < 0)
      return NULL;
  Py_RETURN_NONE;
}

// claim 2.30: it looks into the struct, and no lock is taken inside.
static PyObject *thing_first(Thing *self, PyObject *unused) {
  if (PyList_Size(self->items) < 1)
    return NULL;
  return Py_NewRef(((PyListObject *)self->items)->ob_item[0]);
  // CHECK-MESSAGES: :[[@LINE-1]]:60: warning: borrowed reference from 'ob_item' on 'self->items' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
}
static PyObject *thing_put(Thing *self, PyObject *value) {
  PyList_SET_ITEM(self->items, 0, Py_NewRef(value));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyList_SET_ITEM' writes into 'self->items', which others have already, without a lock and without giving up what was there [cpython-refs-unlocked-container-macro]
  Py_RETURN_NONE;
}

// claim 2.31: each call locks, the two together do not.
static PyObject *thing_get(Thing *self, PyObject *key) {
  PyObject *value;
  if (PyDict_GetItemRef(self->cache, key, &value) != 0)
    return value;
  value = make_value();
  if (value && PyDict_SetItem(self->cache, key, value) < 0)
  // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'PyDict_SetItem' on 'self->cache' relies on what 'PyDict_GetItemRef' found, and another thread may have changed it since [cpython-refs-container-check-then-act]
    Py_CLEAR(value);
  return value;
}

static PyMethodDef thing_methods[] = {{"first", (PyCFunction)thing_first, METH_NOARGS, NULL},
                                      {"put", (PyCFunction)thing_put, METH_O, NULL},
                                      {"get", (PyCFunction)thing_get, METH_O, NULL},
                                      {NULL, NULL, 0, NULL}};
PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_methods = thing_methods,
};
static PyMethodDef spam_methods[] = {{"walk", spam_walk, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
