// RUN: %check_tidy %s cpython-refs-direct-struct-access %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_VAR_HEAD
  PyObject *weakreflist; // As a field of a set, but the extension's own.
  Py_ssize_t used;
} Thing;

PyTypeObject Thing_Type, Other_Type;

#define IS_THING(op) ((op)->ob_type == &Thing_Type)
// CHECK-MESSAGES: :[[@LINE-1]]:29: warning: field 'ob_type' of CPython's 'PyObject' is accessed directly; other threads change it, and it is not there in every build [cpython-refs-direct-struct-access]
// CHECK-NOTES: :[[@LINE-2]]:29: note: use Py_TYPE / Py_SET_TYPE / Py_IS_TYPE

static PyObject *check(PyObject *m, PyObject *op) {
  return PyBool_FromLong(IS_THING(op) || IS_THING(m));
}

static PyObject *name(PyObject *m, PyObject *op) {
  PyTypeObject *type = op->ob_type;
  // CHECK-MESSAGES: :[[@LINE-1]]:28: warning: field 'ob_type' of CPython's 'PyObject' is accessed directly
  // CHECK-FIXES: PyTypeObject *type = Py_TYPE(op);
  if (((PyObject *)m)->ob_type == type)
    // CHECK-NOTES: :[[@LINE-1]]:24: note: and here
    // CHECK-NOTES: :[[@LINE-5]]:28: note: use Py_TYPE / Py_SET_TYPE / Py_IS_TYPE
    // CHECK-FIXES: if (Py_TYPE((PyObject *)m) == type)
    Py_RETURN_NONE;
  return PyUnicode_FromString(type->tp_name);
}

static PyObject *shrink(Thing *self, PyObject *ignored) {
  self->ob_base.ob_size = self->used;
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: field 'ob_size' of CPython's 'PyVarObject' is accessed directly
  // CHECK-NOTES: :[[@LINE-2]]:17: note: use Py_SIZE / Py_SET_SIZE
  // CHECK-FIXES: Py_SET_SIZE(&self->ob_base, self->used);
  Py_RETURN_NONE;
}

static PyObject *length(PyObject *m, PyObject *dict) {
  PyObject *names = Thing_Type.tp_dict;
  // CHECK-MESSAGES: :[[@LINE-1]]:32: warning: field 'tp_dict' of CPython's 'PyTypeObject' is accessed directly
  // CHECK-NOTES: :[[@LINE-2]]:32: note: use PyType_GetDict / PyType_GetFlags / PyType_GetSlot / PyType_Modified
  return PyLong_FromSsize_t(((PyDictObject *)dict)->ma_used +
                            (names == dict));
  // CHECK-MESSAGES: :[[@LINE-2]]:53: warning: field 'ma_used' of CPython's 'PyDictObject' is accessed directly
  // CHECK-NOTES: :[[@LINE-3]]:53: note: use PyDict_* functions
}

static PyObject *total(PyObject *m, PyObject *list) {
  PyListObject *l = (PyListObject *)list;
  Py_ssize_t n = 0;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
    n += PyObject_Size(l->ob_item[i]);
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: field 'ob_item' of CPython's 'PyListObject' is accessed directly
  // CHECK-NOTES: :[[@LINE-2]]:27: note: use PyList_GetItemRef
  return PyLong_FromSsize_t(n);
}

// A helper of which nobody knows who calls it.
Py_ssize_t count(PyObject *op);
Py_ssize_t count(PyObject *op) {
  PyObject *module = NULL;
  if (PyType_Check(op))
    module = ((PyHeapTypeObject *)op)->ht_module;
  return module ? 0 : ((PyVarObject *)op)->ob_size;
  // CHECK-MESSAGES: :[[@LINE-1]]:44: warning: field 'ob_size' of CPython's 'PyVarObject' is accessed directly
  // CHECK-NOTES: :[[@LINE-2]]:44: note: use Py_SIZE / Py_SET_SIZE
  // CHECK-FIXES: return module ? 0 : Py_SIZE((PyVarObject *)op);
}

static PyObject *describe(PyObject *m, PyObject *op) {
  PyFunctionObject *f = (PyFunctionObject *)op;
  return PyTuple_Pack(2, f->func_name, f->func_qualname);
  // CHECK-MESSAGES: :[[@LINE-1]]:29: warning: field 'func_name' of CPython's 'PyFunctionObject' is accessed directly
  // CHECK-NOTES: :[[@LINE-2]]:43: note: and 'func_qualname' here
  // CHECK-NOTES: :[[@LINE-3]]:29: note: use PyObject_GetAttrString
}

// Brings an object back to life.
static void revive(Thing *self) {
  Py_SET_REFCNT((PyObject *)self, 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_SET_REFCNT' sets the reference count of 'self'; other threads count their references in a field of their own
  // CHECK-NOTES: :[[@LINE-2]]:3: note: a count that is written while another thread takes or drops a reference frees the object too early or never
  if (self->used)
    return;
  Py_SET_REFCNT((PyObject *)self, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_SET_REFCNT' sets the reference count of 'self'
  // CHECK-NOTES: :[[@LINE-2]]:3: note: a count that is written
  Py_TYPE(self)->tp_free((PyObject *)self);
}

//===--- Not reported --------------------------------------------------------===//

// The accessors themselves, own fields, and slots that do not change.
static PyObject *accessors(Thing *self, PyObject *op) {
  if (Py_TYPE(op)->tp_free == NULL || Py_TYPE(op)->tp_base == NULL ||
      Py_SIZE(self) > PyList_GET_SIZE(op))
    self->used++;
  return Py_XNewRef(self->weakreflist);
}

// An object that dies, and the set-up of the module.
static void dealloc(Thing *self) {
  ((PyObject *)self)->ob_type->tp_free((PyObject *)self);
}
// Nobody has these yet.
static PyObject *make(PyObject *m, PyObject *op) {
  PyObject *list = PyList_New(1);
  if (list == NULL)
    return NULL;
  ((PyListObject *)list)->ob_item[0] = Py_NewRef(op);
  Thing *thing = (Thing *)PyType_GenericAlloc(&Thing_Type, 1);
  if (thing == NULL) {
    Py_DECREF(list);
    return NULL;
  }
  ((PyVarObject *)thing)->ob_size = 1;
  Py_SET_REFCNT((PyObject *)thing, 1);
  thing->weakreflist = list;
  return (PyObject *)thing;
}
static PyObject *locked(PyObject *m, PyObject *op) {
  PyListObject *list = (PyListObject *)op;
  PyObject *first;
  Py_BEGIN_CRITICAL_SECTION(list);
  first = Py_NewRef(list->ob_item[0]);
  Py_END_CRITICAL_SECTION();
  return first;
}
#ifndef Py_GIL_DISABLED
static PyObject *with_gil(PyObject *m, PyObject *op) {
  return PyLong_FromSsize_t(op->ob_refcnt);
}
#endif
static int exec(PyObject *m) {
  ((PyObject *)&Thing_Type)->ob_type = &PyType_Type;
  if (PyType_Ready(&Other_Type) < 0)
    return -1;
  return PyDict_SetItemString(Thing_Type.tp_dict, "x", Py_None);
}

static PyMethodDef methods[] = {
    {"check", check, METH_O, NULL},
    {"name", name, METH_O, NULL},
    {"shrink", (PyCFunction)shrink, METH_NOARGS, NULL},
    {"length", length, METH_O, NULL},
    {"describe", describe, METH_O, NULL},
    {"total", total, METH_O, NULL},
    {"make", make, METH_O, NULL},
    {"locked", locked, METH_O, NULL},
#ifndef Py_GIL_DISABLED
    {"with_gil", with_gil, METH_O, NULL},
#endif
    {"accessors", (PyCFunction)accessors, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "m.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_dealloc = (destructor)dealloc,
};
PyTypeObject Other_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "m.Other",
    .tp_basicsize = sizeof(Thing),
    .tp_dealloc = (destructor)revive,
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)exec}, {0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "m",
                             .m_methods = methods, .m_slots = slots};
PyMODINIT_FUNC PyInit_m(void) { return PyModuleDef_Init(&module); }
