// Look-ups and containers reached in unusual ways.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.11,3.13 -no-fix

#include <Python.h>

static PyObject *(*const lookup)(PyObject *, PyObject *) = PyDict_GetItem;
PyObject *(*unknown)(PyObject *, PyObject *);

// Through a pointer to the function.
static PyObject *pointer(PyObject *m, PyObject *dict) {
  PyObject *(*get)(PyObject *, PyObject *) = &PyDict_GetItem;
  PyObject *v = get(dict, m);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'dict' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
  if (v == NULL)
    v = lookup(dict, dict);
  // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: borrowed reference from 'PyDict_GetItem' on 'dict'
  return v ? PyObject_Str(v) : NULL;
}

// The dict of an instance.
static PyObject *attributes(PyObject *m, PyObject *op) {
  PyObject **place = _PyObject_GetDictPtr(op);
  if (place == NULL || *place == NULL)
    Py_RETURN_NONE;
  PyObject *v = PyDict_GetItemString(*place, "name");
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemString' on '*place'
  return v ? PyObject_Str(v) : NULL;
}

// A converter is given an argument of the call.
static int converter(PyObject *op, void *out) {
  if (!PyList_Check(op) || PyList_GET_SIZE(op) < 1)
    return 0;
  *(long *)out = PyLong_AsLong(PyList_GET_ITEM(op, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:32: warning: borrowed reference from 'PyList_GET_ITEM' on 'op'
  return 1;
}
static PyObject *convert(PyObject *m, PyObject *args) {
  long n;
  if (!PyArg_ParseTuple(args, "O&", converter, &n))
    return NULL;
  return PyLong_FromLong(n);
}

// An item of a tuple that a helper keeps is not handed to others; one that Python
// gets is.
static PyObject *kept, *shown, *signature;
static int build(void) {
  PyObject *tuple = PyTuple_New(1);
  if (tuple == NULL)
    return -1;
  Py_INCREF(kept);
  PyTuple_SET_ITEM(tuple, 0, kept);
  signature = tuple;
  return 0;
}
static PyObject *show(PyObject *m, PyObject *ignored) {
  PyObject *tuple = PyTuple_New(1);
  if (tuple == NULL || build() < 0)
    return NULL;
  Py_INCREF(shown);
  PyTuple_SET_ITEM(tuple, 0, shown);
  return tuple;
}
static PyObject *in_tables(PyObject *m, PyObject *key) {
  PyObject *a = PyDict_GetItem(kept, key), *b = PyDict_GetItem(shown, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:49: warning: borrowed reference from 'PyDict_GetItem' on 'shown'
  return a && b ? PyTuple_Pack(2, a, b) : NULL;
}

// Nothing is known of it.
static PyObject *other_pointer(PyObject *m, PyObject *dict) {
  PyObject *v = unknown(dict, m);
  return v ? PyObject_Str(v) : NULL;
}

static PyMethodDef methods[] = {{"pointer", pointer, METH_O, NULL},
                                {"attributes", attributes, METH_O, NULL},
                                {"convert", convert, METH_VARARGS, NULL},
                                {"show", show, METH_NOARGS, NULL},
                                {"in_tables", in_tables, METH_O, NULL},
                                {"other_pointer", other_pointer, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "m", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_m(void) {
  kept = PyDict_New();
  shown = PyDict_New();
  return PyModuleDef_Init(&def);
}
