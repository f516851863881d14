// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13 -config=ft -fix-min-python=3.13

// C++: no jump crosses a variable that a fix declares.
#include <Python.h>

int use(PyObject *op) noexcept;
PyObject *convert(PyObject *op) noexcept;

static PyObject *crossed(PyObject *m, PyObject *list) noexcept {
  long n;
  if (!PyList_Check(list))
    goto fail;
  n = use(PyList_GetItem(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES:   {
  // CHECK-FIXES:     PyObject *item = PyList_GetItemRef(list, 0);
  // CHECK-FIXES:     n = use(item);
  // CHECK-FIXES:     Py_XDECREF(item);
  // CHECK-FIXES:   }
  if (n < 0)
    goto fail;
  return PyLong_FromLong(n);
fail:
  return nullptr;
}

static PyObject *labelled(PyObject *m, PyObject *list) noexcept {
  switch (PyList_Size(list)) {
  case 0:
    return nullptr;
  case 1:
    return convert(PyList_GetItem(list, 0));
    // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-FIXES:     {
    // CHECK-FIXES:       PyObject *item2 = PyList_GetItemRef(list, 0);
    // CHECK-FIXES:       PyObject *result = convert(item2);
    // CHECK-FIXES:       Py_XDECREF(item2);
    // CHECK-FIXES:       return result;
    // CHECK-FIXES:     }
  default:
    use(PyList_GetItem(list, 2));
    // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-FIXES:     {
    // CHECK-FIXES:       PyObject *item = PyList_GetItemRef(list, 2);
    // CHECK-FIXES:       use(item);
    // CHECK-FIXES:       Py_XDECREF(item);
    // CHECK-FIXES:     }
    break;
  }
  Py_RETURN_NONE;
}

// It would have to be given up after a label.
static PyObject *spans(PyObject *m, PyObject *list) noexcept {
  const char *text = "";
  if (PyList_Size(list) == 0)
    goto none;
  text = PyUnicode_AsUTF8(PyList_GetItem(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: not rewritten automatically:
  use(list);
none:
  return PyUnicode_FromString(text ? text : "");
}

PyMethodDef methods[] = {{"crossed", crossed, METH_O, nullptr},
                         {"labelled", labelled, METH_O, nullptr},
                         {"spans", spans, METH_O, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
