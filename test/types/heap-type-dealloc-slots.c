// RUN: %check_tidy %s cpython-types-heap-type-dealloc,cpython-types-heap-type-gc %t -python=3.15 -no-fix

// Types whose parts are all in a PySlot array.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *src;
} Tok;

static void leaks_type(PyObject *self) { PyObject_Free(self); }
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'leaks_type' does not drop the reference that instances of heap type 'spam.Leak' own to their type: the type, its module and the module's state are never freed [cpython-types-heap-type-dealloc]
static PySlot leak_slots[] = {
    PySlot_STATIC_DATA(Py_tp_name, "spam.Leak"),
    PySlot_SIZE(Py_tp_basicsize, sizeof(Tok)),
    PySlot_UINT64(Py_tp_flags, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION),
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: instances of heap type 'spam.Leak' own objects and their type, but without Py_TPFLAGS_HAVE_GC the collector does not see them: a cycle through 'src' is never freed, and with it the module [cpython-types-heap-type-gc]
    PySlot_FUNC(Py_tp_dealloc, leaks_type),
    PySlot_END,
};

static int tok_traverse(PyObject *self, visitproc visit, void *arg) {
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'tok_traverse' does not visit the type of the object: instances of heap type 'spam.Tok' own it, so a cycle through type and module is never freed [cpython-types-heap-type-gc]
  Py_VISIT(((Tok *)self)->src);
  return 0;
}
static int tok_clear(PyObject *self) {
  Py_CLEAR(((Tok *)self)->src);
  return 0;
}
static void tok_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  (void)tok_clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}
static PySlot tok_slots[] = {
    PySlot_STATIC_DATA(Py_tp_name, "spam.Tok"),
    PySlot_SIZE(Py_tp_basicsize, sizeof(Tok)),
    PySlot_UINT64(Py_tp_flags, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC),
    PySlot_FUNC(Py_tp_dealloc, tok_dealloc),
    PySlot_FUNC(Py_tp_traverse, tok_traverse),
    PySlot_FUNC(Py_tp_clear, tok_clear),
    PySlot_END,
};

// Nothing below is wrong.

static int good_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(((Tok *)self)->src);
  return 0;
}
static PySlot good_slots[] = {
    PySlot_STATIC_DATA(Py_tp_name, "spam.Good"),
    PySlot_SIZE(Py_tp_basicsize, sizeof(Tok)),
    PySlot_UINT64(Py_tp_flags, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC),
    PySlot_FUNC(Py_tp_dealloc, tok_dealloc),
    PySlot_FUNC(Py_tp_traverse, good_traverse),
    PySlot_FUNC(Py_tp_clear, tok_clear),
    PySlot_END,
};

static int spam_exec(PyObject *module) {
  PySlot *all[] = {leak_slots, tok_slots, good_slots};
  for (int i = 0; i < 3; i++) {
    PyObject *type = PyType_FromSlots(all[i]);
    if (!type || PyModule_AddType(module, (PyTypeObject *)type) < 0)
      return -1;
  }
  return 0;
}
PyABIInfo_VAR(abi_info);
static PySlot spam_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_FUNC(Py_mod_exec, spam_exec),
    PySlot_END,
};
PyMODEXPORT_FUNC PyModExport_spam(void) { return spam_slots; }
