// RUN: %check_tidy %s cpython-types-heap-type-gc %t
// RUN: %check_tidy %s cpython-types-heap-type-gc %t -option=cpython-types-heap-type-gc.LeafTypes=true -suffix=LEAF

#include <Python.h>

typedef struct {
  PyObject_HEAD
  long n;
} Plain;
static PyType_Slot plain_slots[] = {{0, NULL}};
PyType_Spec plain_spec = {"spam.Plain", sizeof(Plain), 0, Py_TPFLAGS_DEFAULT, plain_slots};
// CHECK-MESSAGES-LEAF: :[[@LINE-1]]:59: warning: instances of heap type 'spam.Plain' own a reference to their type, but without Py_TPFLAGS_HAVE_GC the collector does not see it: one that the module keeps alive keeps the module alive [cpython-types-heap-type-gc]
