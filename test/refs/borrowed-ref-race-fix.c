// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13,3.15 -fix-min-python=3.13

// Fixes for an extension that supports Python 3.13 and later only.

#define PY_SSIZE_T_CLEAN
#include <Python.h>

int use(PyObject *op);               // May run Python code.
PyObject *convert(PyObject *op);     // Returns a new reference.

//===--- The new reference takes the place of a Py_INCREF -------------------===//

PyObject *drops_incref(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, 0);
  if (item == NULL)
    return NULL;
  Py_INCREF(item);
  // CHECK-FIXES-REMOVED: Py_INCREF(item);
  return item;
}

PyObject *drops_guarded_incref(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, 0);
  if (item)
    Py_INCREF(item);
  // CHECK-FIXES-REMOVED: if (item)
  // CHECK-FIXES-REMOVED: Py_INCREF(item);
  return item;
}

PyObject *drops_new_ref(PyObject *m, PyObject *list) {
  return Py_NewRef(PyList_GetItem(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: return PyList_GetItemRef(list, 0);
}

PyObject *drops_incref_before_steal(PyObject *m, PyObject *list) {
  PyObject *tuple = PyTuple_New(1);
  if (tuple == NULL)
    return NULL;
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, 0);
  if (item == NULL) {
    Py_DECREF(tuple);
    return NULL;
  }
  Py_INCREF(item);
  // CHECK-FIXES-REMOVED: Py_INCREF(item);
  PyTuple_SET_ITEM(tuple, 0, item);
  return tuple;
}

// The tuple may be all that keeps the item, so the Py_INCREF stays.
PyObject *keeps_incref(PyObject *m, PyObject *list) {
  PyObject *tuple = PyTuple_New(1);
  if (tuple == NULL)
    return NULL;
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, 0);
  if (item == NULL) {
    Py_DECREF(tuple);
    return NULL;
  }
  Py_INCREF(item);
  PyTuple_SET_ITEM(tuple, 0, item);
  if (use(item) < 0)
    Py_CLEAR(tuple);
  // CHECK-FIXES: Py_DECREF(item);
  return tuple;
}

//===--- Every way out gives the reference up -------------------------------===//

PyObject *every_exit(PyObject *m, PyObject *list) {
  long sum = 0;
  for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
    PyObject *item = PyList_GetItem(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, i);
    if (item == NULL)
      return NULL;
    if (item == Py_None)
      continue;
    // CHECK-FIXES: if (item == Py_None) {
    // CHECK-FIXES: Py_DECREF(item);
    // CHECK-FIXES: continue;
    // CHECK-FIXES: }
    if (use(item) > 5) break;
    // CHECK-FIXES: if (use(item) > 5) {
    // CHECK-FIXES: Py_DECREF(item);
    // CHECK-FIXES: break;
    // CHECK-FIXES: }
    if (use(item) < 0) {
      return NULL;
      // CHECK-FIXES: Py_DECREF(item);
      // CHECK-FIXES: return NULL;
    }
    sum += PyLong_AsLong(item); // The last use.
    // CHECK-FIXES: sum += PyLong_AsLong(item); // The last use.
    // CHECK-FIXES: Py_DECREF(item);
  }
  return PyLong_FromLong(sum);
}

PyObject *clean_up(PyObject *m, PyObject *list) {
  PyObject *item, *one, *result = NULL;
  one = PyLong_FromLong(1);
  if (one == NULL)
    goto done;
  item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: item = PyList_GetItemRef(list, 0);
  if (item == NULL)
    goto done;
  if (use(item) < 0)
    goto done;
  // CHECK-FIXES: if (use(item) < 0) {
  // CHECK-FIXES: Py_DECREF(item);
  // CHECK-FIXES: goto done;
  // CHECK-FIXES: }
  result = PyNumber_Add(item, one);
  // CHECK-FIXES: Py_DECREF(item);
done:
  Py_XDECREF(one);
  return result;
}

PyObject *returned_value(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, 0);
  if (item == NULL)
    return NULL;
  return convert(item);
  // CHECK-FIXES: PyObject *result = convert(item);
  // CHECK-FIXES: Py_DECREF(item);
  // CHECK-FIXES: return result;
}

// The text belongs to the item.
PyObject *derived_pointer(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, 0);
  if (item == NULL)
    return NULL;
  const char *text = PyUnicode_AsUTF8(item);
  if (text == NULL)
    return NULL;
  // CHECK-FIXES: if (text == NULL) {
  // CHECK-FIXES: Py_DECREF(item);
  // CHECK-FIXES: return NULL;
  // CHECK-FIXES: }
  return PyUnicode_FromString(text);
  // CHECK-FIXES: PyObject *result = PyUnicode_FromString(text);
  // CHECK-FIXES: Py_DECREF(item);
  // CHECK-FIXES: return result;
}

PyObject *nested(PyObject *m, PyObject *list) {
  long item = PyLong_AsLong(PyList_GetItem(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:29: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-FIXES: PyObject *item2 = PyList_GetItemRef(list, 0);
  // CHECK-FIXES: long item = PyLong_AsLong(item2);
  // CHECK-FIXES: Py_XDECREF(item2);
  return PyLong_FromLong(item);
}

//===--- Macros that cannot fail --------------------------------------------===//

PyObject *macro(PyObject *m, PyObject *list) {
  PyObject *result = PyList_New(0);
  if (result == NULL)
    return NULL;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
    PyObject *item = PyList_GET_ITEM(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: borrowed reference from 'PyList_GET_ITEM'
    // CHECK-FIXES: PyObject *item = PyList_GetItemRef(list, i);
    // CHECK-FIXES: if (item == NULL) {
    // CHECK-FIXES: Py_DECREF(result);
    // CHECK-FIXES: return NULL;
    // CHECK-FIXES: }
    if (PyList_Append(result, item) < 0) {
      Py_DECREF(result);
      return NULL;
      // CHECK-FIXES: Py_DECREF(item);
      // CHECK-FIXES: return NULL;
    }
    // CHECK-FIXES: }
    // CHECK-FIXES: Py_DECREF(item);
  }
  return result;
}

//===--- Calls with a result of their own -----------------------------------===//

// The old call swallows errors.
PyObject *dict_get(PyObject *m, PyObject *args) {
  PyObject *dict, *key;
  if (!PyArg_ParseTuple(args, "OO", &dict, &key))
    return NULL;
  PyObject *value = PyDict_GetItem(dict, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyDict_GetItem'
  // CHECK-FIXES: PyObject *value;
  // CHECK-FIXES: if (PyDict_GetItemRef(dict, key, &value) < 0) {
  // CHECK-FIXES: PyErr_Clear();
  // CHECK-FIXES: }
  if (value == NULL)
    Py_RETURN_NONE;
  return Py_NewRef(value);
  // CHECK-FIXES: return value;
}

// The old call reports them.
PyObject *dict_get_with_error(PyObject *m, PyObject *args) {
  PyObject *dict, *key;
  if (!PyArg_ParseTuple(args, "OO", &dict, &key))
    return NULL;
  PyObject *value = PyDict_GetItemWithError(dict, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyDict_GetItemWithError'
  // CHECK-FIXES: PyObject *value;
  // CHECK-FIXES: (void)PyDict_GetItemRef(dict, key, &value);
  if (value == NULL) {
    if (!PyErr_Occurred())
      PyErr_SetObject(PyExc_KeyError, key);
    return NULL;
  }
  return Py_NewRef(value);
  // CHECK-FIXES: return value;
}

PyObject *dict_condition(PyObject *m, PyObject *dict) {
  PyObject *value;
  if ((value = PyDict_GetItemString(dict, "name")) != NULL)
    return convert(value);
  // CHECK-MESSAGES: :[[@LINE-2]]:16: warning: borrowed reference from 'PyDict_GetItemString'
  // CHECK-FIXES: if (PyDict_GetItemStringRef(dict, "name", &value) < 0) {
  // CHECK-FIXES: PyErr_Clear();
  // CHECK-FIXES: }
  // CHECK-FIXES: if (value != NULL) {
  // CHECK-FIXES: PyObject *result = convert(value);
  // CHECK-FIXES: Py_DECREF(value);
  // CHECK-FIXES: return result;
  // CHECK-FIXES: }
  Py_RETURN_NONE;
}

// The else must stay with its if.
PyObject *dict_in_branch(PyObject *m, PyObject *dict) {
  PyObject *value;
  if (PyDict_Check(dict))
    value = PyDict_GetItemString(dict, "name");
  // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: borrowed reference from 'PyDict_GetItemString'
  // CHECK-FIXES: if (PyDict_Check(dict)) {
  // CHECK-FIXES: if (PyDict_GetItemStringRef(dict, "name", &value) < 0) {
  // CHECK-FIXES: PyErr_Clear();
  // CHECK-FIXES: }
  // CHECK-FIXES: }
  else
    value = NULL;
  if (value && use(value) < 0)
    return NULL;
  // CHECK-FIXES: if (value && use(value) < 0) {
  // CHECK-FIXES: Py_DECREF(value);
  // CHECK-FIXES: return NULL;
  // CHECK-FIXES: }
  // CHECK-FIXES: Py_XDECREF(value);
  Py_RETURN_NONE;
}

PyObject *dict_setdefault(PyObject *m, PyObject *args) {
  PyObject *dict, *key;
  if (!PyArg_ParseTuple(args, "OO", &dict, &key))
    return NULL;
  PyObject *value = PyDict_SetDefault(dict, key, Py_None);
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyDict_SetDefault'
  // CHECK-FIXES: PyObject *value;
  // CHECK-FIXES: (void)PyDict_SetDefaultRef(dict, key, Py_None, &value);
  Py_XINCREF(value);
  // CHECK-FIXES-REMOVED: Py_XINCREF(value);
  return value;
}

// Every function Python calls.
static PyMethodDef methods[] = {
    {"drops_incref", drops_incref, METH_O, NULL},
    {"drops_guarded_incref", drops_guarded_incref, METH_O, NULL},
    {"drops_new_ref", drops_new_ref, METH_O, NULL},
    {"drops_incref_before_steal", drops_incref_before_steal, METH_O, NULL},
    {"keeps_incref", keeps_incref, METH_O, NULL},
    {"every_exit", every_exit, METH_O, NULL},
    {"clean_up", clean_up, METH_O, NULL},
    {"returned_value", returned_value, METH_O, NULL},
    {"derived_pointer", derived_pointer, METH_O, NULL},
    {"nested", nested, METH_O, NULL},
    {"macro", macro, METH_O, NULL},
    {"dict_get", dict_get, METH_VARARGS, NULL},
    {"dict_get_with_error", dict_get_with_error, METH_VARARGS, NULL},
    {"dict_condition", dict_condition, METH_O, NULL},
    {"dict_in_branch", dict_in_branch, METH_O, NULL},
    {"dict_setdefault", dict_setdefault, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
