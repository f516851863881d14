// RUN: %check_tidy %s cpython-state-static-structseq %t

#include <Python.h>

static PyStructSequence_Field fields[] = {{"x", NULL}, {NULL}};
static PyStructSequence_Desc desc = {"spam.Point", NULL, fields, 1};

static PyTypeObject PointType;
// CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'PointType' is a static type, one object that all interpreters share, and 'spam_exec' fills it again while they use it [cpython-state-static-structseq]
// CHECK-NOTES: :[[@LINE+19]]:10: note: filled here
// CHECK-NOTES: :[[@LINE-3]]:21: note: create it with PyStructSequence_NewType(), and keep it in the module state
static PyTypeObject OldType;
// CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'OldType' is a static type, one object that all interpreters share, and 'spam_exec' fills it again
// CHECK-NOTES: :[[@LINE+12]]:3: note: filled here
// CHECK-NOTES: :[[@LINE-3]]:21: note: create it

// Near misses: other types, and the state's own.
static PyTypeObject Plain = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Plain"};
typedef struct {
  PyTypeObject *type;
} State;

static int spam_exec(PyObject *module) {
  State *state = (State *)PyModule_GetState(module);
  state->type = PyStructSequence_NewType(&desc);
  PyStructSequence_InitType(&OldType, &desc);
  if (PyType_Ready(&Plain) < 0)
    return -1;
  return PyStructSequence_InitType2(&PointType, &desc);
}
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, NULL, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
