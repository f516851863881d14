// RUN: %check_tidy %s cpython-types-state-from-self-type %t -fix-notes -python=3.13,3.15 -option=MinPython=3.11 -fix-min-python=3.11

#include <Python.h>

typedef struct {
  PyObject *error;
} State;
static struct PyModuleDef spam_def;

static PyObject *make_error(PyObject *self, PyObject *ignored) {
  PyObject *module = PyType_GetModule(Py_TYPE(self));
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'PyType_GetModule' is given the type of the object, which can be a subclass: its module is another one, or none [cpython-types-state-from-self-type]
  // CHECK-FIXES-NOTES: PyObject *module = PyType_GetModuleByDef(Py_TYPE(self), &spam_def);
  if (module == NULL)
    return NULL;
  State *state = (State *)PyModule_GetState(module);
  return state ? Py_NewRef(state->error) : NULL;
}
static PyMethodDef obj_methods[] = {{"make_error", make_error, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot obj_slots[] = {{Py_tp_methods, obj_methods}, {0, NULL}};
PyType_Spec obj_spec = {"spam.Obj", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, obj_slots};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
