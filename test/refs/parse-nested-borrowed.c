// Formats with a parenthesised group that stores what it does not own.
// RUN: %check_tidy %s cpython-refs-parse-nested-borrowed %t -python=3.11,3.13,3.15

#define PY_SSIZE_T_CLEAN
#include <Python.h>

int use(PyObject *op);
static int convert(PyObject *op, void *out) { return op != NULL; }

static PyObject *pair(PyObject *m, PyObject *args) {
  PyObject *a, *b;
  if (!PyArg_ParseTuple(args, "(OO)", &a, &b))
    // CHECK-MESSAGES: :[[@LINE-1]]:32: warning: '(OO)' in the format accepts a list too, and what it stores is borrowed from items that others can remove from it [cpython-refs-parse-nested-borrowed]
    // CHECK-NOTES: :[[@LINE-2]]:39: note: a borrowed reference to an item is stored here
    // CHECK-NOTES: :[[@LINE-3]]:32: note: parse the group as a tuple of its own, and keep that tuple while its items are used
    return NULL;
  return use(a) < 0 ? NULL : Py_NewRef(b);
}

// The second of two groups, with a type and a keyword list.
static PyObject *keywords(PyObject *m, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"size", "pair", NULL};
  int w, h;
  double x;
  PyObject *text;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "(ii)|(dO!):keywords", names, &w, &h, &x, &PyUnicode_Type, &text))
    // CHECK-MESSAGES: :[[@LINE-1]]:56: warning: '(dO!)' in the format accepts a list too
    // CHECK-NOTES: :[[@LINE-2]]:109: note: a borrowed reference to an item is stored here
    // CHECK-NOTES: :[[@LINE-3]]:56: note: parse the group
    return NULL;
  return Py_NewRef(text);
}

// A borrowed buffer, in a group within a group.
static PyObject *buffer(PyObject *m, PyObject *args) {
  const char *s;
  Py_ssize_t n;
  int i, j;
  if (!PyArg_ParseTuple(args, "i(i(s#))", &i, &j, &s, &n))
    // CHECK-MESSAGES: :[[@LINE-1]]:33: warning: '(i(s#))' in the format accepts a list too
    // CHECK-NOTES: :[[@LINE-2]]:51: note: the buffer of an item is stored here; the item is not kept alive
    // CHECK-NOTES: :[[@LINE-3]]:33: note: parse the group
    return NULL;
  return PyUnicode_FromStringAndSize(s, n);
}

// An object that is no argument.
static PyObject *item(PyObject *m, PyObject *object) {
  PyObject *a;
  int i;
  if (!PyArg_Parse(object, "(Oi)", &a, &i))
    // CHECK-MESSAGES: :[[@LINE-1]]:29: warning: '(Oi)' in the format accepts a list too
    // CHECK-NOTES: :[[@LINE-2]]:36: note: a borrowed reference to an item is stored here
    // CHECK-NOTES: :[[@LINE-3]]:29: note: parse the group
    return NULL;
  return Py_NewRef(a);
}

// Values only, converters, copies and buffers that are held.
static PyObject *values(PyObject *m, PyObject *args) {
  int x, y, flag;
  void *out;
  char *copy = NULL;
  Py_buffer view;
  if (!PyArg_ParseTuple(args, "(ii)p(O&ety*)", &x, &y, &flag, convert, &out, "utf-8", &copy, &view))
    return NULL;
  PyMem_Free(copy);
  PyBuffer_Release(&view);
  Py_RETURN_NONE;
}

// The parentheses belong to the name of the function or to the message.
static PyObject *names(PyObject *m, PyObject *args) {
  PyObject *a;
  if (!PyArg_ParseTuple(args, "O:names (O)", &a) || !PyArg_ParseTuple(args, "O;expected (O)", &a))
    return NULL;
  return Py_NewRef(a);
}

// No group.
static PyObject *flat(PyObject *m, PyObject *args) {
  PyObject *a;
  const char *s;
  if (!PyArg_ParseTuple(args, "O|s", &a, &s))
    return NULL;
  return Py_NewRef(a);
}

// A tuple cannot be changed.
static PyObject *tuple(PyObject *m, PyObject *object) {
  PyObject *a, *b;
  if (!PyTuple_Check(object)) {
    PyErr_SetString(PyExc_TypeError, "expected a tuple");
    return NULL;
  }
  if (!PyArg_Parse(object, "(OO)", &a, &b))
    return NULL;
  return Py_NewRef(a);
}

// While the module is imported nobody has the list.
static int prepare(PyObject *m, PyObject *config) {
  PyObject *a, *b;
  return PyArg_Parse(config, "(OO)", &a, &b) ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"pair", pair, METH_VARARGS, NULL},
    {"keywords", (PyCFunction)(void *)keywords, METH_VARARGS | METH_KEYWORDS, NULL},
    {"buffer", buffer, METH_VARARGS, NULL}, {"item", item, METH_O, NULL},
    {"values", values, METH_VARARGS, NULL}, {"names", names, METH_VARARGS, NULL},
    {"flat", flat, METH_VARARGS, NULL}, {"tuple", tuple, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef nested_module = {
    PyModuleDef_HEAD_INIT, .m_name = "nested", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_nested(void) {
  PyObject *m = PyModule_Create(&nested_module);
  if (m != NULL && prepare(m, PyModule_GetDict(m)) < 0)
    Py_CLEAR(m);
  return m;
}
