// RUN: %check_tidy %s cpython-state-static-type %t

#include <Python.h>

typedef struct {
  PyObject_HEAD
  int x;
} Obj;

static PyTypeObject ObjType = {
    // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'ObjType' is a static type, one object that all interpreters share [cpython-state-static-type]
    // CHECK-NOTES: :[[@LINE+57]]:21: note: made ready here, in 'spam_exec'
    // CHECK-NOTES: :[[@LINE-3]]:21: note: create a type for each module object with PyType_FromModuleAndSpec(), and keep it in the module state; 'pyext-migrate --level=heap-types {{.*}}' does that for the whole module
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Obj",
    .tp_basicsize = sizeof(Obj),
};

// Filled by code.
static PyTypeObject FilledType;
// CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'FilledType' is a static type, one object that all interpreters share
// CHECK-NOTES: :[[@LINE+48]]:51: note: made ready here, in 'spam_exec'
// CHECK-NOTES: :[[@LINE-3]]:21: note: create a type

// Declared first: the definition counts.
static PyTypeObject LateType;
static int is_late(PyObject *op) { return Py_TYPE(op) == &LateType; }
static PyTypeObject LateType = {
    // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: 'LateType' is a static type, one object that all interpreters share; 'make_late' makes it ready at run time, and another thread can use it before it is complete
    // CHECK-NOTES: :[[@LINE+33]]:21: note: made ready here, in 'make_late'
    // CHECK-NOTES: :[[@LINE-3]]:21: note: create a type
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Late",
};

// Used by other files.
PyTypeObject PublicType = {
    // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'PublicType' is a static type, one object that all interpreters share
    // CHECK-NOTES: :[[@LINE-2]]:14: note: create a type
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Public",
};

// A metatype with more than a type object has.
typedef struct {
  PyHeapTypeObject base;
  int flags;
} Meta;
static Meta meta_object = {{{PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Meta"}}};
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'meta_object' is a static type, one object that all interpreters share
// CHECK-NOTES: :[[@LINE-2]]:13: note: create a type
static PyObject *get_meta(PyObject *module, PyObject *unused) {
  return Py_NewRef((PyObject *)&meta_object);
}

// --- Near misses ---------------------------------------------------------------

extern PyTypeObject ElsewhereType;
static PyTypeObject *pointer_to_type;
static PyTypeObject unused_type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Unused"};
static PyType_Slot heap_slots[] = {{0, NULL}};
static PyType_Spec heap_spec = {"spam.Heap", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, heap_slots};

static PyObject *make_late(PyObject *module, PyObject *unused) {
  if (PyType_Ready(&LateType) < 0)
    return NULL;
  return PyBool_FromLong(is_late(unused) || Py_TYPE(unused) == &ElsewhereType);
}

static int spam_exec(PyObject *module) {
  FilledType.tp_name = "spam.Filled";
  if (PyType_Ready(&ObjType) < 0 || PyType_Ready(&FilledType) < 0)
    return -1;
  PyObject *heap = PyType_FromSpec(&heap_spec);
  pointer_to_type = (PyTypeObject *)heap;
  return PyModule_AddObject(module, "Obj", (PyObject *)&ObjType);
}

static PyMethodDef spam_methods[] = {{"make_late", make_late, METH_NOARGS},
                                     {"get_meta", get_meta, METH_NOARGS},
                                     {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
