// Known problem of the page: the type of which tp_alloc of a metatype sets slots is not ready yet. This has to start to pass one day.
// XFAIL: *
// RUN: %check_tidy %s cpython-state-type-mutation-after-ready %t -python=3.13

#include <Python.h>

static Py_hash_t thing_hash(PyObject *self) { return 1; }
static void add_slots(PyHeapTypeObject *heap) { heap->ht_type.tp_hash = thing_hash; }
static PyObject *meta_alloc(PyTypeObject *meta, Py_ssize_t items) {
  PyObject *type = PyType_Type.tp_alloc(meta, items);
  if (type)
    add_slots((PyHeapTypeObject *)type);
  return type;
}
PyTypeObject Meta_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Meta",
    .tp_base = &PyType_Type,
    .tp_alloc = meta_alloc,
};
