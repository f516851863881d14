// RUN: %check_tidy %s cpython-types-type-without-module %t

#include <Python.h>

static PyType_Slot tok_slots[] = {{0, NULL}};
static PyType_Spec tok_spec = {"spam.Tok", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, tok_slots};

static int spam_exec(PyObject *m) {
  PyObject *t = PyType_FromSpec(&tok_spec);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyType_FromSpec' makes type 'spam.Tok' that belongs to no module: its methods cannot find the module's state through the type [cpython-types-type-without-module]
  // CHECK-FIXES: PyObject *t = PyType_FromModuleAndSpec(m, &tok_spec, NULL);
  if (t == NULL)
    return -1;
  int rc = PyModule_AddObject(m, "Tok", t);
  return rc;
}
static int add(PyObject *module, PyType_Spec *spec, PyObject *bases) {
  PyObject *t = PyType_FromSpecWithBases(spec, bases);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyType_FromSpecWithBases' makes a type that belongs to no module: its methods cannot find the module's state through the type
  // CHECK-FIXES: PyObject *t = PyType_FromModuleAndSpec(module, spec, bases);
  return t ? PyModule_AddObject(module, "Tok", t) : -1;
}
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0};
PyMODINIT_FUNC PyInit_spam(void) {
  PyObject *module = PyModule_Create(&spam_def);
  if (module == NULL)
    return NULL;
  PyObject *t = PyType_FromSpec(&tok_spec);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyType_FromSpec' makes type 'spam.Tok' that belongs to no module: its methods cannot find the module's state through the type
  // CHECK-FIXES: PyObject *t = PyType_FromModuleAndSpec(module, &tok_spec, NULL);
  return PyModule_AddObject(module, "Tok", t) < 0 ? NULL : module;
}

// Right, or with no module at hand.
static int good(PyObject *m) {
  PyObject *t = PyType_FromModuleAndSpec(m, &tok_spec, NULL);
  return t ? PyModule_AddObject(m, "Tok", t) : -1;
}
PyObject *helper(void) { return PyType_FromSpec(&tok_spec); }
