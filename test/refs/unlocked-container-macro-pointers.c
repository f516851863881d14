// Writes through a pointer into bytes and strings, and variables given to a resize.
// RUN: %check_tidy %s cpython-refs-unlocked-container-macro %t -no-fix

#include <Python.h>
#include <string.h>

static PyObject *direct(PyObject *m, PyObject *bytes) {
  PyBytes_AS_STRING(bytes)[0] = 'x';
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: writes into 'bytes', which others have already and which must not change
  // CHECK-NOTES: :[[@LINE-3]]:{{[0-9]+}}: note: any thread that holds the object passed as argument 'bytes' can change it
  // CHECK-NOTES: :[[@LINE-3]]:3: note: 'PyBytes_AS_STRING' gives a pointer that may only be written through while the object is new
  *(PyBytes_AsString(bytes) + 1) += 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: writes into 'bytes'
  // CHECK-NOTES: :[[@LINE-7]]:{{[0-9]+}}: note: any thread
  // CHECK-NOTES: :[[@LINE-3]]:5: note: 'PyBytes_AsString' gives
  memset(PyBytes_AsString(bytes), 0, 2);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: writes into 'bytes'
  // CHECK-NOTES: :[[@LINE-11]]:{{[0-9]+}}: note: any thread
  // CHECK-NOTES: :[[@LINE-3]]:10: note: 'PyBytes_AsString' gives
  Py_RETURN_NONE;
}

static PyObject *variable(PyObject *m, PyObject *bytes) {
  char *p;
  p = PyBytes_AS_STRING(bytes);
  if (*p == 'a')
    *p++ = 'b';
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: writes into 'bytes'
  // CHECK-NOTES: :[[@LINE-6]]:{{[0-9]+}}: note: any thread
  // CHECK-NOTES: :[[@LINE-5]]:7: note: 'PyBytes_AS_STRING' gives
  Py_RETURN_NONE;
}

static PyObject *text(PyObject *m, PyObject *str) {
  int kind = PyUnicode_KIND(str);
  void *data = PyUnicode_DATA(str);
  PyUnicode_WRITE(kind, data, 0, 'x');
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: writes into 'str'
  // CHECK-NOTES: :[[@LINE-5]]:{{[0-9]+}}: note: any thread
  // CHECK-NOTES: :[[@LINE-4]]:16: note: 'PyUnicode_DATA' gives
  Py_RETURN_NONE;
}

static PyObject *resize(PyObject *m, PyObject *tuple) {
  PyObject *t = tuple, *made = PyTuple_New(2), *again = made;
  if (_PyTuple_Resize(&t, 2) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: '_PyTuple_Resize' writes into 't'
    // CHECK-NOTES: :[[@LINE-4]]:{{[0-9]+}}: note: any thread
    // CHECK-NOTES: :[[@LINE-3]]:7: note: make a new object
    return NULL;
  if (_PyTuple_Resize(&made, 1) < 0)
    return NULL;
  return again;
}

//===--- Near misses ---------------------------------------------------------===//

static PyObject *reads(PyObject *m, PyObject *bytes) {
  char *p = PyBytes_AS_STRING(bytes), buffer[4];
  long sum = 0;
  while (*p)
    sum += *p++;
  memcpy(buffer, PyBytes_AsString(bytes), 4);
  buffer[PyBytes_AS_STRING(bytes)[0] & 3] = 0;
  return PyLong_FromLong(sum + buffer[0]);
}

static PyObject *new_ones(PyObject *m, PyObject *arg) {
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, 4);
  PyObject *str = PyUnicode_New(1, 127);
  if (!bytes || !str)
    return NULL;
  char *p = PyBytes_AS_STRING(bytes);
  p[0] = 'a';
  memcpy(p + 1, "bcd", 3);
  PyUnicode_WRITE(PyUnicode_KIND(str), PyUnicode_DATA(str), 0, 'x');
  Py_DECREF(str);
  return bytes;
}

static void fill(PyObject *bytes) { PyBytes_AS_STRING(bytes)[0] = 0; }

static PyObject *by_helper(PyObject *m, PyObject *arg) {
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, 4);
  if (bytes)
    fill(bytes);
  return bytes;
}

static PyObject *two_pointers(PyObject *m, PyObject *bytes) {
  char buffer[8], *p = PyBytes_AS_STRING(bytes);
  if (*p == 0) {
    p = buffer;
    p[0] = 0;
  }
  return PyLong_FromLong(*p);
}

static PyMethodDef methods[] = {
    {"direct", direct, METH_O, NULL},   {"variable", variable, METH_O, NULL},   {"text", text, METH_O, NULL},
    {"resize", resize, METH_O, NULL},   {"reads", reads, METH_O, NULL},         {"new_ones", new_ones, METH_O, NULL},
    {"by_helper", by_helper, METH_O, NULL}, {"two_pointers", two_pointers, METH_O, NULL}, {0}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "mod", NULL, 0, methods};
PyMODINIT_FUNC PyInit_mod(void) { return PyModule_Create(&def); }
