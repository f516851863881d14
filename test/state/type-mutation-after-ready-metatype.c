// RUN: %check_tidy %s cpython-state-type-mutation-after-ready %t -python=3.13

// The type of which tp_alloc of a metatype sets slots is not ready yet.
#include <Python.h>

static Py_hash_t thing_hash(PyObject *self) { return 1; }
typedef struct {
  PyHeapTypeObject super;
  int extra;
} MetaObject;
static void add_slots(PyHeapTypeObject *heap) {
  PyTypeObject *to;
  heap->ht_type.tp_hash = thing_hash;
  to = &heap->ht_type;
  to->tp_hash = thing_hash;
}
static void complete(MetaObject *made) {
  PyHeapTypeObject *heap = &made->super;
  made->extra = 1;
  add_slots(heap);
}
static PyObject *meta_alloc(PyTypeObject *meta, Py_ssize_t items) {
  PyObject *type = PyType_Type.tp_alloc(meta, items);
  if (type)
    complete((MetaObject *)type);
  return type;
}
// A type that exists is in use.
static PyObject *meta_change(PyObject *self, PyObject *unused) {
  PyHeapTypeObject *heap = (PyHeapTypeObject *)self;
  heap->ht_type.tp_hash = thing_hash;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tp_hash' of a type that may be in use is changed in 'meta_change', at run time; other threads read it without a lock
  // CHECK-NOTES: :[[@LINE-2]]:3: note: {{.*}}
  Py_RETURN_NONE;
}
static PyMethodDef meta_methods[] = {{"change", meta_change, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Meta_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Meta",
    .tp_base = &PyType_Type,
    .tp_alloc = meta_alloc,
    .tp_methods = meta_methods,
};
