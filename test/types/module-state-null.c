// RUN: %check_tidy %s cpython-types-module-state-null %t

#include <Python.h>

typedef struct {
  PyObject *err;
} State;
static PyModuleDef spam_def;

static PyObject *obj_repr(PyObject *self) {
  State *st = (State *)PyModule_GetState(PyType_GetModuleByDef(Py_TYPE(self), &spam_def));
  // CHECK-MESSAGES: :[[@LINE-1]]:24: warning: 'PyModule_GetState' is given the result of 'PyType_GetModuleByDef' without a test: it is null, with an error set, when there is no such module [cpython-types-module-state-null]
  return PyObject_Str(st->err);
}

// Tested.
static PyObject *obj_str(PyObject *self) {
  PyObject *m = PyType_GetModuleByDef(Py_TYPE(self), &spam_def);
  if (m == NULL)
    return NULL;
  State *st = (State *)PyModule_GetState(m);
  return PyObject_Str(st->err);
}
static PyType_Slot slots[] = {{Py_tp_repr, (void *)obj_repr}, {Py_tp_str, (void *)obj_str}, {0, NULL}};
PyType_Spec spec = {"spam.Obj", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
