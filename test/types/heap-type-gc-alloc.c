// RUN: %check_tidy %s cpython-types-heap-type-gc %t

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *a;
} Tracked;
typedef struct {
  PyObject_HEAD
  long n;
} Plain;
typedef struct {
  PyObject_HEAD
  long n;
} Shared;

static int tracked_traverse(PyObject *op, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(op));
  Py_VISIT(((Tracked *)op)->a);
  return 0;
}
static PyType_Slot tracked_slots[] = {{Py_tp_traverse, (void *)tracked_traverse}, {0, NULL}};
PyType_Spec tracked_spec = {"spam.Tracked", sizeof(Tracked), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, tracked_slots};
static PyType_Slot plain_slots[] = {{0, NULL}};
PyType_Spec plain_spec = {"spam.Plain", sizeof(Plain), 0, Py_TPFLAGS_DEFAULT, plain_slots};
PyType_Spec shared_spec = {"spam.Shared", sizeof(Shared), 0, Py_TPFLAGS_DEFAULT, plain_slots};
PyType_Spec shared_gc_spec = {"spam.SharedGc", sizeof(Shared), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, tracked_slots};

PyObject *make(PyTypeObject *tracked, PyTypeObject *plain) {
  Tracked *bad = PyObject_New(Tracked, tracked);
  // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'PyObject_New' makes an object without the collector's header, but type 'spam.Tracked' has Py_TPFLAGS_HAVE_GC: freeing it corrupts the heap [cpython-types-heap-type-gc]
  // CHECK-FIXES: Tracked *bad = PyObject_GC_New(Tracked, tracked);
  Tracked *good = PyObject_GC_New(Tracked, tracked);
  Plain *worse = PyObject_GC_New(Plain, plain);
  // CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'PyObject_GC_New' makes an object with the collector's header, but type 'spam.Plain' lacks Py_TPFLAGS_HAVE_GC: freeing it corrupts the heap
  // CHECK-FIXES: Plain *worse = PyObject_New(Plain, plain);
  Plain *fine = PyObject_New(Plain, plain);
  Shared *either = PyObject_New(Shared, plain);
  Tracked *usual = (Tracked *)tracked->tp_alloc(tracked, 0);
  return bad && good && worse && fine && either ? (PyObject *)usual : NULL;
}
