// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13,3.15 -fix-min-python=3.13

// Functions that are left alone, with the reason.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *field;
} Obj;

int use(PyObject *op);
PyObject *convert(PyObject *op);

#define CHECK(rc)                                                              \
  do {                                                                         \
    if ((rc) < 0)                                                              \
      return NULL;                                                             \
  } while (0)

PyObject *exit_in_macro(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: note: 'PyList_GetItemRef' returns a strong reference (Python 3.13, or pythoncapi_compat.h); not rewritten automatically: a statement to change is part of a macro
  if (item == NULL)
    return NULL;
  CHECK(use(item));
  Py_RETURN_NONE;
}

PyObject *other_default(PyObject *m, PyObject *dict) {
  PyObject *value = PyDict_GetItemString(dict, "a");
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyDict_GetItemString'
  // CHECK-MESSAGES: not rewritten automatically: the variable may hold something else where the reference has to be given up
  if (value == NULL)
    value = dict;
  return convert(value);
}

// The alias lives longer than the variable.
PyObject *alias_outlives(PyObject *m, PyObject *list) {
  PyObject *found = NULL;
  {
    PyObject *item = PyList_GetItem(list, 0);
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-MESSAGES: not rewritten automatically: the variable is not declared where the reference is used last
    if (item == NULL)
      return NULL;
    found = item;
  }
  return convert(found);
}

PyObject *same_name(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: not rewritten automatically: another variable has the same name
  if (item == NULL)
    return NULL;
  for (int i = 0; i < 2; i++) {
    PyObject *item = PyLong_FromLong(i);
    if (item == NULL)
      return NULL;
    Py_DECREF(item);
  }
  return convert(item);
}

// The test is not compiled here.
PyObject *other_configuration(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: not rewritten automatically: the variable is also used in code that is not compiled in this configuration, or by a macro
  if (item == NULL || use(item) < 0)
    return NULL;
#ifdef WITH_MORE
  use(item);
#endif
  Py_RETURN_NONE;
}

PyObject *directive_between(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: not rewritten automatically: preprocessor directives stand between the look-up and the last use
  if (item == NULL)
    return NULL;
#ifdef WITH_CHECKS
  if (m == NULL)
    return NULL;
#endif
  return convert(item);
}

PyObject *borrowed_to_caller(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: not rewritten automatically: the borrowed reference is returned without a Py_INCREF before
  if (item == NULL || use(item) < 0)
    return NULL;
  return item;
}

PyObject *stored(Obj *self, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: not rewritten automatically: the borrowed reference is stored without a Py_INCREF before
  if (item == NULL || use(item) < 0)
    return NULL;
  self->field = item;
  Py_RETURN_NONE;
}

PyObject *kept_over_iterations(PyObject *m, PyObject *list) {
  PyObject *item = NULL;
  for (int i = 0; i < 3; i++) {
    if (i == 1)
      item = PyList_GetItem(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-MESSAGES: not rewritten automatically: the variable is used after its reference is gone
    if (item && use(item) < 0)
      return NULL;
  }
  Py_RETURN_NONE;
}

// Nothing says what would have to be cleaned up when the new call fails.
PyObject *no_error_path(PyObject *m, PyObject *list) {
  PyObject *result = PyList_New(0);
  if (result == NULL)
    return NULL;
  PyObject *item = PyList_GET_ITEM(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GET_ITEM'
  // CHECK-MESSAGES: not rewritten automatically: the new call can fail and there is no error path to take
  use(item);
  return result;
}

// The way out releases what the last iteration left in `value`.
PyObject *stale_clean_up(PyObject *m, PyObject *list) {
  PyObject *value = NULL, *result = PyList_New(0);
  if (result == NULL)
    return NULL;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
    value = convert(PyList_GET_ITEM(list, i));
    // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyList_GET_ITEM'
    // CHECK-MESSAGES: not rewritten automatically: the new call can fail and there is no error path to take
    if (value == NULL)
      goto error;
    Py_DECREF(value);
  }
  return result;
error:
  Py_XDECREF(value);
  Py_DECREF(result);
  return NULL;
}

PyObject *inside_condition(PyObject *m, PyObject *list) {
  if (use(PyList_GetItem(list, 0)) < 0)
    return NULL;
  // CHECK-MESSAGES: :[[@LINE-2]]:11: warning: borrowed reference from 'PyList_GetItem'
  // CHECK-MESSAGES: not rewritten automatically: the look-up is inside an expression it cannot be moved out of
  Py_RETURN_NONE;
}

// What an earlier turn has found is compared with what this one finds.
PyObject *of_earlier_turn(PyObject *m, PyObject *list) {
  PyObject *before = NULL;
  long same = 0;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
    PyObject *item = PyList_GetItem(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-MESSAGES: not rewritten automatically: another variable has the object when its reference is gone
    if (item == NULL)
      return NULL;
    if (before != NULL && PyObject_RichCompareBool(before, item, Py_EQ) > 0)
      same++;
    before = item;
  }
  return PyLong_FromLong(same);
}

// The next key is what was found, or the last one is returned.
PyObject *chased(PyObject *dict, PyObject *key) {
  PyObject *value;
  while ((value = PyDict_GetItemWithError(dict, key)) != NULL)
    // CHECK-MESSAGES: :[[@LINE-1]]:19: warning: borrowed reference from 'PyDict_GetItemWithError'
    // CHECK-MESSAGES: not rewritten automatically: its uses are not in one block
    key = value;
  return PyErr_Occurred() ? NULL : Py_NewRef(key);
}
PyObject *left_by_goto(PyObject *m, PyObject *list) {
  PyObject *item;
  Py_ssize_t i = 0;
  while ((item = PyList_GetItem(list, i++)) != NULL)
    // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-MESSAGES: not rewritten automatically: its uses are not in one block
    if (use(item))
      goto found;
  PyErr_Clear();
  Py_RETURN_NONE;
found:
  return PyObject_Repr(item);
}
PyObject *tested_twice(PyObject *m, PyObject *list) {
  PyObject *item;
  Py_ssize_t i = 0;
  while ((item = PyList_GetItem(list, i++)) != NULL && use(item) == 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: borrowed reference from 'PyList_GetItem'
    // CHECK-MESSAGES: not rewritten automatically
    use(item);
  PyErr_Clear();
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"of_earlier_turn", of_earlier_turn, METH_O, NULL},
    {"left_by_goto", left_by_goto, METH_O, NULL},
    {"tested_twice", tested_twice, METH_O, NULL},
    {"exit_in_macro", exit_in_macro, METH_O, NULL},
    {"alias_outlives", alias_outlives, METH_O, NULL},
    {"same_name", same_name, METH_O, NULL},
    {"other_default", other_default, METH_O, NULL},
    {"other_configuration", other_configuration, METH_O, NULL},
    {"directive_between", directive_between, METH_O, NULL},
    {"borrowed_to_caller", borrowed_to_caller, METH_O, NULL},
    {"stored", (PyCFunction)stored, METH_O, NULL},
    {"kept_over_iterations", kept_over_iterations, METH_O, NULL},
    {"no_error_path", no_error_path, METH_O, NULL},
    {"stale_clean_up", stale_clean_up, METH_O, NULL},
    {"inside_condition", inside_condition, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
