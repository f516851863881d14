// RUN: %check_tidy %s cpython-state-type-mutation-after-ready %t -python=3.11,3.13,3.15

#include <Python.h>

static PyTypeObject Static = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Static"};
static PyTypeObject Lazy = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Lazy"};

static PyObject *patch(PyObject *module, PyObject *type) {
  ((PyTypeObject *)type)->tp_flags |= Py_TPFLAGS_BASETYPE;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tp_flags' of a type that may be in use is changed in 'patch', at run time; other threads read it without a lock [cpython-state-type-mutation-after-ready]
  // CHECK-NOTES: :[[@LINE-2]]:3: note: set it before the type is made ready, or set the attribute with PyObject_SetAttr()
  if (PyDict_SetItemString(((PyTypeObject *)type)->tp_dict, "patched", Py_True) < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'tp_dict' of a type that may be in use is changed in 'patch'
    // CHECK-NOTES: :[[@LINE-2]]:7: note: set it
    return NULL;
  Static.tp_new = PyType_GenericNew;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tp_new' of a type that may be in use is changed in 'patch'
  // CHECK-NOTES: :[[@LINE-2]]:3: note: set it
  Py_RETURN_NONE;
}

// Through a helper.
static void change(PyTypeObject *type) {
  type->tp_call = NULL;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tp_call' of a type that may be in use is changed in 'change'
  // CHECK-NOTES: :[[@LINE-2]]:3: note: set it
}
static PyObject *patch_type_of(PyObject *module, PyObject *op) {
  change(Py_TYPE(op));
  Py_RETURN_NONE;
}

// --- Near misses ---------------------------------------------------------------

static PyType_Slot slots[] = {{0, NULL}};
static PyType_Spec spec = {"spam.Heap", 0, 0, Py_TPFLAGS_DEFAULT, slots};
static void prepare(PyTypeObject *type) { type->tp_flags &= ~Py_TPFLAGS_BASETYPE; }
static PyObject *make_type(PyObject *module, PyObject *unused) {
  PyTypeObject *type = (PyTypeObject *)PyType_FromSpec(&spec);
  if (!type)
    return NULL;
  type->tp_flags |= Py_TPFLAGS_BASETYPE;
  prepare(type);
  return (PyObject *)type;
}
static PyObject *make_lazy(PyObject *module, PyObject *unused) {
  Lazy.tp_new = PyType_GenericNew;
  if (PyType_Ready(&Lazy) < 0)
    return NULL;
  return PyLong_FromUnsignedLong(Lazy.tp_flags);
}
static PyObject *meta_new(PyTypeObject *meta, PyObject *args, PyObject *kwargs) {
  PyTypeObject *type = (PyTypeObject *)PyType_Type.tp_new(meta, args, kwargs);
  if (type)
    type->tp_flags |= Py_TPFLAGS_BASETYPE;
  return (PyObject *)type;
}
static int meta_init(PyObject *self, PyObject *args, PyObject *kwargs) {
  ((PyTypeObject *)self)->tp_call = NULL;
  return 0;
}
static PyTypeObject Meta = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Meta", .tp_new = meta_new, .tp_init = meta_init};
static int spam_exec(PyObject *module) {
  Static.tp_base = &PyBaseObject_Type;
  if (PyType_Ready(&Static) < 0 || PyType_Ready(&Meta) < 0)
    return -1;
  Static.tp_flags |= Py_TPFLAGS_BASETYPE;
  return PyDict_SetItemString(Static.tp_dict, "answer", Py_None);
}

static PyMethodDef spam_methods[] = {{"patch", patch, METH_O},
                                     {"patch_type_of", patch_type_of, METH_O},
                                     {"make_type", make_type, METH_NOARGS},
                                     {"make_lazy", make_lazy, METH_NOARGS},
                                     {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
