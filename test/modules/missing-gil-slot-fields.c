// RUN: %check_tidy %s cpython-modules-missing-gil-slot %t -python=3.13

// A field that a method writes stands against Py_MOD_GIL_NOT_USED; what only __new__ and __init__ write does not.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  long size; // Only while objects are made.
  long used;
} Pool;

static PyObject *pool_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Pool *self = (Pool *)type->tp_alloc(type, 0);
  if (self)
    self->size = 8;
  return (PyObject *)self;
}
static int pool_init(Pool *self, PyObject *args, PyObject *kwargs) {
  self->used = 0;
  return 0;
}
static PyObject *pool_take(Pool *self, PyObject *ignored) {
  if (self->used < self->size)
    self->used++;
  Py_RETURN_NONE;
}
static PyMethodDef pool_methods[] = {{"take", (PyCFunction)pool_take, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot pool_slots[] = {{Py_tp_new, pool_new}, {Py_tp_init, pool_init}, {Py_tp_methods, pool_methods}, {0, NULL}};
static PyType_Spec pool_spec = {"pool.Pool", sizeof(Pool), 0, Py_TPFLAGS_DEFAULT, pool_slots};

static int pool_exec(PyObject *m) {
  PyObject *type = PyType_FromModuleAndSpec(m, &pool_spec, NULL);
  int result = PyModule_AddObjectRef(m, "Pool", type);
  Py_XDECREF(type);
  return result;
}
static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, pool_exec},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-4]]:25: warning: module 'pool' does not declare whether it needs the GIL
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, .m_name = "pool", .m_slots = module_slots};
PyMODINIT_FUNC PyInit_pool(void) { return PyModuleDef_Init(&module_def); }
// CHECK-NOTES: :[[@LINE-1]]:16: note: module 'pool' is initialized here
// CHECK-NOTES: :[[@LINE-24]]:5: note: against 'Py_MOD_GIL_NOT_USED': 'used' is a field of an object and written here without a lock
