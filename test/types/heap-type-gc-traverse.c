// RUN: %check_tidy %s cpython-types-heap-type-gc %t

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *a, *b;
  PyObject *items[4];
} Obj;

typedef struct {
  PyObject_HEAD
  PyObject *a;
} One;

// The type and a field are forgotten.

static int forgets_traverse(PyObject *op, visitproc visit, void *arg) {
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'forgets_traverse' does not visit 'b', which instances of 'spam.Forgets' own: a cycle through it is never freed [cpython-types-heap-type-gc]
  // CHECK-MESSAGES: :[[@LINE-2]]:12: warning: 'forgets_traverse' does not visit the type of the object: instances of heap type 'spam.Forgets' own it, so a cycle through type and module is never freed [cpython-types-heap-type-gc]
  Obj *self = (Obj *)op;
  // CHECK-FIXES: Py_VISIT(Py_TYPE(op));
  Py_VISIT(self->a);
  // CHECK-FIXES: Py_VISIT(self->b);
  for (int i = 0; i < 4; ++i)
    Py_VISIT(self->items[i]);
  return 0;
}

static int forgets_clear(PyObject *op) {
  Obj *self = (Obj *)op;
  Py_CLEAR(self->a);
  Py_CLEAR(self->b);
  for (int i = 0; i < 4; ++i)
    Py_CLEAR(self->items[i]);
  return 0;
}

static void forgets_dealloc(PyObject *op) {
  PyTypeObject *tp = Py_TYPE(op);
  PyObject_GC_UnTrack(op);
  forgets_clear(op);
  tp->tp_free(op);
  Py_DECREF(tp);
}

static PyType_Slot forgets_slots[] = {{Py_tp_traverse, (void *)forgets_traverse},
                                      {Py_tp_clear, (void *)forgets_clear},
                                      {Py_tp_dealloc, (void *)forgets_dealloc},
                                      {0, NULL}};
PyType_Spec forgets_spec = {"spam.Forgets", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, forgets_slots};

// On one line; and no fix where the macro's names are missing.

static int short_traverse(PyObject *op, visitproc visit, void *arg) { Py_VISIT(((One *)op)->a); return 0; }
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'short_traverse' does not visit the type of the object: instances of heap type 'spam.Short' own it, so a cycle through type and module is never freed
// CHECK-FIXES: static int short_traverse(PyObject *op, visitproc visit, void *arg) { Py_VISIT(Py_TYPE(op)); Py_VISIT(((One *)op)->a); return 0; }
static PyType_Slot short_slots[] = {{Py_tp_traverse, (void *)short_traverse}, {0, NULL}};
PyType_Spec short_spec = {"spam.Short", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, short_slots};

static int other_traverse(PyObject *op, visitproc v, void *data) { return v(((One *)op)->a, data); }
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'other_traverse' does not visit the type of the object: instances of heap type 'spam.Other' own it, so a cycle through type and module is never freed
static PyType_Slot other_slots[] = {{Py_tp_traverse, (void *)other_traverse}, {0, NULL}};
PyType_Spec other_spec = {"spam.Other", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, other_slots};

// Right: in helpers, through other variables, by a base, in a loop over pointers.

static int visit_one(PyObject **place, visitproc visit, void *arg) {
  Py_VISIT(*place);
  return 0;
}
static int visit_type(PyTypeObject *tp, visitproc visit, void *arg) {
  Py_VISIT(tp);
  return 0;
}
static int helper_traverse(PyObject *op, visitproc visit, void *arg) {
  Obj *self = (Obj *)op;
  int rc = visit_type(Py_TYPE(op), visit, arg);
  if (rc)
    return rc;
  if ((rc = visit_one(&self->a, visit, arg)) || (rc = visit_one(&self->b, visit, arg)))
    return rc;
  PyObject **end = self->items + 4;
  for (PyObject **item = self->items; item < end; ++item)
    Py_VISIT(*item);
  return 0;
}
static PyType_Slot helper_slots[] = {{Py_tp_traverse, (void *)helper_traverse},
                                     {Py_tp_clear, (void *)forgets_clear},
                                     {0, NULL}};
PyType_Spec helper_spec = {"spam.Helper", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, helper_slots};

static PyTypeObject *base;
static int base_traverse(PyObject *op, visitproc visit, void *arg) { return base->tp_traverse(op, visit, arg); }
static PyType_Slot base_slots[] = {
    {Py_tp_base, (void *)&PyList_Type}, {Py_tp_traverse, (void *)base_traverse}, {0, NULL}};
PyType_Spec base_spec = {"spam.Base", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, base_slots};

extern int elsewhere_traverse(PyObject *op, visitproc visit, void *arg);
static int far_traverse(PyObject *op, visitproc visit, void *arg) { return elsewhere_traverse(op, visit, arg); }
static PyType_Slot far_slots[] = {{Py_tp_traverse, (void *)far_traverse}, {0, NULL}};
PyType_Spec far_spec = {"spam.Far", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, far_slots};
static PyType_Slot extern_slots[] = {{Py_tp_traverse, (void *)elsewhere_traverse}, {0, NULL}};
PyType_Spec extern_spec = {"spam.Extern", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, extern_slots};

// A guard for old versions.
static int guarded_traverse(PyObject *op, visitproc visit, void *arg) {
#if PY_VERSION_HEX >= 0x03090000
  Py_VISIT(Py_TYPE(op));
#endif
  Py_VISIT(((One *)op)->a);
  return 0;
}
static PyType_Slot guarded_slots[] = {{Py_tp_traverse, (void *)guarded_traverse}, {0, NULL}};
PyType_Spec guarded_spec = {"spam.Guarded", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, guarded_slots};

// No function at all, or no flag.
static PyType_Slot none_slots[] = {{0, NULL}};
PyType_Spec none_spec = {"spam.None", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, none_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: type 'spam.None' has Py_TPFLAGS_HAVE_GC, but no Py_tp_traverse: the type cannot be made
PyType_Spec idle_spec = {"spam.Idle", sizeof(One), 0, Py_TPFLAGS_DEFAULT, guarded_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:55: warning: type 'spam.Idle' has a tp_traverse, but not Py_TPFLAGS_HAVE_GC: it is never called
extern PyType_Slot unseen_slots[];
PyType_Spec unseen_spec = {"spam.Unseen", sizeof(One), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, unseen_slots};

// What refers to nothing need not be visited.
typedef struct {
  PyObject_HEAD
  PyObject *rest, *count, *limit;
} Leaves;
static PyObject *leaves_rest(PyObject *op, PyObject *unused) {
  Leaves *self = (Leaves *)op;
#if PY_VERSION_HEX >= 0x030D0000
  Py_XSETREF(self->rest, Py_GetConstant(Py_CONSTANT_EMPTY_BYTES));
#endif
  Py_XSETREF(self->count, PyLong_FromLong(3));
  self->limit = Py_NewRef(Py_None);
  Py_CLEAR(self->rest);
  self->rest = PyBytes_FromStringAndSize(NULL, 3);
  Py_RETURN_NONE;
}
static int leaves_traverse(PyObject *op, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(op));
  return 0;
}
static int leaves_clear(PyObject *op) {
  Leaves *self = (Leaves *)op;
  Py_CLEAR(self->rest);
  Py_CLEAR(self->count);
  Py_CLEAR(self->limit);
  return 0;
}
static void leaves_dealloc(PyObject *op) {
  PyTypeObject *tp = Py_TYPE(op);
  PyObject_GC_UnTrack(op);
  (void)leaves_clear(op);
  tp->tp_free(op);
  Py_DECREF(tp);
}
static PyMethodDef leaves_methods[] = {{"rest", leaves_rest, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot leaves_slots[] = {{Py_tp_dealloc, (void *)leaves_dealloc},
                                     {Py_tp_traverse, (void *)leaves_traverse},
                                     {Py_tp_clear, (void *)leaves_clear},
                                     {Py_tp_methods, leaves_methods},
                                     {0, NULL}};
PyType_Spec leaves_spec = {"spam.Leaves", sizeof(Leaves), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, leaves_slots};
