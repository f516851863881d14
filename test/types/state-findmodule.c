// RUN: %check_tidy %s cpython-types-state-findmodule %t

#include <Python.h>

typedef struct {
  PyObject *error;
} State;
typedef struct {
  PyObject_HEAD
  int n;
} Obj;

static struct PyModuleDef spam_def;

static PyObject *fail(PyObject *module, PyObject *ignored) {
  State *state = (State *)PyModule_GetState(PyState_FindModule(&spam_def));
  // CHECK-MESSAGES: :[[@LINE-1]]:45: warning: 'PyState_FindModule' does not know module 'spam', which is made by multi-phase initialization: the result is null [cpython-types-state-findmodule]
  PyErr_SetString(state->error, "failed");
  return NULL;
}

static PyObject *obj_fail(PyObject *self, PyObject *ignored) {
  // A note of the first.
  PyObject *module = PyState_FindModule(&spam_def);
  return module;
}

static PyObject *by_name(PyObject *self, PyObject *ignored) {
  PyObject *other = PyImport_ImportModule("json");
  Py_XDECREF(other);
  return PyImport_ImportModule("pkg.spam");
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyImport_ImportModule' does not know which module this code belongs to: it gives whatever stands for 'spam' in sys.modules
}

static PyObject *from_dict(PyObject *self, PyObject *ignored) {
  PyObject *modules = PyImport_GetModuleDict();
  PyObject *module = PyDict_GetItemString(modules, "spam");
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'PyDict_GetItemString' does not know which module this code belongs to: it gives whatever stands for 'spam' in sys.modules
  return Py_XNewRef(module);
}

static int spam_exec(PyObject *module) {
  return PyState_AddModule(module, &spam_def);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyState_AddModule' does not know module 'spam', which is made by multi-phase initialization: the result is an error
}

static PyMethodDef obj_methods[] = {{"fail", obj_fail, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot obj_slots[] = {{Py_tp_methods, obj_methods}, {0, NULL}};
PyType_Spec obj_spec = {"spam.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, obj_slots};
static PyMethodDef spam_methods[] = {{"fail", fail, METH_NOARGS, NULL},
                                     {"by_name", by_name, METH_NOARGS, NULL},
                                     {"from_dict", from_dict, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, sizeof(State), spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
