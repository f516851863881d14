// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix

// What is given to __setstate__ has just been unpickled, and nobody else has it.

#include <Python.h>

static PyObject *restore(PyObject *self, PyObject *args) {
  PyObject *fields, *list;
  if (!PyArg_ParseTuple(args, "OO", &fields, &list))
    return NULL;
  PyObject *name = PyDict_GetItemString(fields, "name");
  PyObject *first = PyList_GetItem(list, 0);
  if (name == NULL || first == NULL)
    return NULL;
  PyObject *inner = PyList_GetItem(first, 0);
  return inner ? PyTuple_Pack(3, name, first, inner) : NULL;
}

static PyObject *setstate_one(PyObject *self, PyObject *state) {
  return Py_XNewRef(PyDict_GetItemString(state, "name"));
}

// The same under another name.
static PyObject *update(PyObject *self, PyObject *state) {
  return Py_XNewRef(PyDict_GetItemString(state, "name"));
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyDict_GetItemString' on 'state' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
}

static PyMethodDef first_methods[] = {
    {"__setstate__", restore, METH_VARARGS, NULL},
    {"update", update, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyMethodDef second_methods[] = {
    {"__setstate__", setstate_one, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot first_slots[] = {{Py_tp_methods, first_methods}, {0, NULL}};
static PyType_Slot second_slots[] = {{Py_tp_methods, second_methods},
                                     {0, NULL}};
PyType_Spec first_spec = {"m.First", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT,
                          first_slots};
PyType_Spec second_spec = {"m.Second", sizeof(PyObject), 0,
                           Py_TPFLAGS_DEFAULT, second_slots};
