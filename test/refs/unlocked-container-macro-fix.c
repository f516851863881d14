// RUN: %check_tidy %s cpython-refs-unlocked-container-macro %t -fix-notes

#include <Python.h>

static PyObject *fill_argument(PyObject *m, PyObject *list) {
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
    PyList_SET_ITEM(list, i, Py_NewRef(Py_None));
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'PyList_SET_ITEM' writes into 'list', which others have already
  // CHECK-FIXES-NOTES: PyList_SetItem(list, i, Py_NewRef(Py_None));
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {{"fill_argument", fill_argument, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};
