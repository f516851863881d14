// RUN: %check_tidy %s cpython-types-heap-type-gc %t -python=3.13,3.15 -no-fix

// Several types with one instance struct: the argument says which it is.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *a;
} Node;
typedef struct {
  PyTypeObject *leaf_type, *branch_type;
} State;

static int branch_traverse(PyObject *op, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(op));
  Py_VISIT(((Node *)op)->a);
  return 0;
}
static PyType_Slot leaf_slots[] = {{0, NULL}};
static PyType_Spec leaf_spec = {"spam.Leaf", sizeof(Node), 0, Py_TPFLAGS_DEFAULT, leaf_slots};
static PyType_Slot branch_slots[] = {{Py_tp_traverse, (void *)branch_traverse}, {0, NULL}};
static PyType_Spec branch_spec = {"spam.Branch", sizeof(Node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, branch_slots};

int spam_exec(PyObject *m) {
  State *st = PyModule_GetState(m);
  st->leaf_type = (PyTypeObject *)PyType_FromModuleAndSpec(m, &leaf_spec, NULL);
  st->branch_type = (PyTypeObject *)PyType_FromModuleAndSpec(m, &branch_spec, NULL);
  return st->leaf_type && st->branch_type ? 0 : -1;
}

Node *make(State *st, int branch, PyTypeObject *unknown) {
  Node *bad = PyObject_New(Node, st->branch_type);
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'PyObject_New' makes an object without the collector's header, but type 'spam.Branch' has Py_TPFLAGS_HAVE_GC: freeing it corrupts the heap [cpython-types-heap-type-gc]
  Node *good = PyObject_New(Node, st->leaf_type);
  Node *better = PyObject_GC_New(Node, st->branch_type);
  Node *either = PyObject_New(Node, unknown);
  return bad && good && better ? either : NULL;
}
