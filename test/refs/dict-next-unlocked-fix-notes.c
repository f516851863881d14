// RUN: %check_tidy %s cpython-refs-dict-next-unlocked %t -python=3.13,3.15 -fix-notes -fix-min-python=3.13

// What leaves the loop leaves the section first.

#include <Python.h>

int use(PyObject *op); // May run Python code.

PyObject *returns(PyObject *m, PyObject *dict) {
  PyObject *key;
  Py_ssize_t pos = 0;
  while (PyDict_Next(dict, &pos, &key, NULL)) {
    // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyDict_Next' steps through 'dict' without
    if (!PyUnicode_Check(key)) {
      PyErr_SetString(PyExc_TypeError, "str expected");
      return NULL;
    }
    if (PyUnicode_GET_LENGTH(key) == 0)
      return Py_NewRef(key);
  }
  Py_RETURN_NONE;
}
// CHECK-FIXES-NOTES: Py_ssize_t pos = 0;
// CHECK-FIXES-NOTES: int leave = 0;
// CHECK-FIXES-NOTES: PyObject *result = 0;
// CHECK-FIXES-NOTES: Py_BEGIN_CRITICAL_SECTION(dict);
// CHECK-FIXES-NOTES: while (PyDict_Next(dict, &pos, &key, NULL)) {
// CHECK-FIXES-NOTES: leave = 1;
// CHECK-FIXES-NOTES: break;
// CHECK-FIXES-NOTES: if (PyUnicode_GET_LENGTH(key) == 0) {
// CHECK-FIXES-NOTES: result = Py_NewRef(key);
// CHECK-FIXES-NOTES: leave = 2;
// CHECK-FIXES-NOTES: break;
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES-NOTES: if (leave == 1) {
// CHECK-FIXES-NOTES: return NULL;
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: if (leave == 2) {
// CHECK-FIXES-NOTES: return result;
// CHECK-FIXES-NOTES: }

int goes(PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  int result = -1;
  while (PyDict_Next(dict, &pos, &key, &value)) {
    // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyDict_Next' steps through 'dict' without
    if (use(key) < 0)
      goto done;
    if (value == Py_None)
      continue;
    if (use(value) < 0)
      goto done;
  }
  result = 0;
done:
  return result;
}
// CHECK-FIXES-NOTES: int result = -1;
// CHECK-FIXES-NOTES: int leave = 0;
// CHECK-FIXES-NOTES: Py_BEGIN_CRITICAL_SECTION(dict);
// CHECK-FIXES-NOTES: while (PyDict_Next(dict, &pos, &key, &value)) {
// CHECK-FIXES-NOTES: Py_INCREF(value);
// CHECK-FIXES-NOTES: if (use(key) < 0) {
// CHECK-FIXES-NOTES: Py_DECREF(value);
// CHECK-FIXES-NOTES: leave = 1;
// CHECK-FIXES-NOTES: break;
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: if (value == Py_None) {
// CHECK-FIXES-NOTES: Py_DECREF(value);
// CHECK-FIXES-NOTES: continue;
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: if (use(value) < 0) {
// CHECK-FIXES-NOTES: Py_DECREF(value);
// CHECK-FIXES-NOTES: leave = 1;
// CHECK-FIXES-NOTES: break;
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: Py_DECREF(value);
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES-NOTES: if (leave) {
// CHECK-FIXES-NOTES: goto done;
// CHECK-FIXES-NOTES: }
