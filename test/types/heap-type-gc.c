// RUN: %check_tidy %s cpython-types-heap-type-gc %t

#include <Python.h>
#include <structmember.h>

// No flag, and objects.

typedef struct {
  PyObject_HEAD
  PyObject *src;
} Token;

static void token_dealloc(PyObject *op) {
  PyTypeObject *tp = Py_TYPE(op);
  Py_XDECREF(((Token *)op)->src);
  tp->tp_free(op);
  Py_DECREF(tp);
}

static PyType_Slot token_slots[] = {{Py_tp_dealloc, (void *)token_dealloc}, {0, NULL}};
PyType_Spec token_spec = {"spam.Token", sizeof(Token), 0, Py_TPFLAGS_DEFAULT, token_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:59: warning: instances of heap type 'spam.Token' own objects and their type, but without Py_TPFLAGS_HAVE_GC the collector does not see them: a cycle through 'src' is never freed, and with it the module [cpython-types-heap-type-gc]
// CHECK-NOTES: :[[@LINE-13]]:13: note: 'src' holds an object
// CHECK-NOTES: :[[@LINE-9]]:3: note: its reference is dropped here

// A base may bring the flag along.
extern PyTypeObject *base_type;
static PyType_Slot derived_slots[] = {{Py_tp_base, (void *)&PyList_Type}, {Py_tp_dealloc, (void *)token_dealloc}, {0, NULL}};
PyType_Spec derived_spec = {"spam.Derived", sizeof(Token), 0, Py_TPFLAGS_DEFAULT, derived_slots};

static PyType_Slot based_slots[] = {{Py_tp_dealloc, (void *)token_dealloc}, {0, NULL}};
static PyType_Spec based_spec = {"spam.Based", sizeof(Token), 0, Py_TPFLAGS_DEFAULT, based_slots};
PyObject *make_based(PyObject *bases) { return PyType_FromSpecWithBases(&based_spec, bases); }

static PyType_Slot free_slots[] = {{Py_tp_dealloc, (void *)token_dealloc}, {0, NULL}};
static PyType_Spec free_spec = {"spam.Free", sizeof(Token), 0, Py_TPFLAGS_DEFAULT, free_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:64: warning: instances of heap type 'spam.Free' own objects and their type, but without Py_TPFLAGS_HAVE_GC the collector does not see them: a cycle through 'src' is never freed, and with it the module
// CHECK-NOTES: :[[@LINE-28]]:13: note: 'src' holds an object
// CHECK-NOTES: :[[@LINE-24]]:3: note: its reference is dropped here
PyObject *make_free(void) { return PyType_FromSpecWithBases(&free_spec, NULL); }

// Strings cannot be part of a cycle, and a borrowed pointer is not the instance's own.
typedef struct {
  PyObject_HEAD
  PyObject *name;
  PyObject *borrowed;
  PyObject *weakrefs;
  Py_ssize_t size;
} Leaf;

static int leaf_init(PyObject *op, PyObject *args, PyObject *kwargs) {
  Leaf *self = (Leaf *)op;
  PyObject *old = self->name;
  self->name = PyUnicode_FromString("leaf");
  self->borrowed = Py_None;
  Py_XDECREF(old);
  return self->name ? 0 : -1;
}

static void leaf_dealloc(PyObject *op) {
  PyTypeObject *tp = Py_TYPE(op);
  if (((Leaf *)op)->weakrefs)
    PyObject_ClearWeakRefs(op);
  Py_CLEAR(((Leaf *)op)->name);
  tp->tp_free(op);
  Py_DECREF(tp);
}

static PyMemberDef leaf_members[] = {
    {(char *)"__weaklistoffset__", T_PYSSIZET, offsetof(Leaf, weakrefs), READONLY, NULL}, {NULL, 0, 0, 0, NULL}};
static PyType_Slot leaf_slots[] = {
    {Py_tp_init, (void *)leaf_init}, {Py_tp_dealloc, (void *)leaf_dealloc}, {Py_tp_members, leaf_members}, {0, NULL}};
PyType_Spec leaf_spec = {"spam.Leaf", sizeof(Leaf), 0, Py_TPFLAGS_DEFAULT, leaf_slots};

// An instance of a type that refers to nothing.
typedef struct {
  PyObject_HEAD
  Leaf *of_names;
  Token *of_objects;
} Pair;

static void pair_dealloc(PyObject *op) {
  PyTypeObject *tp = Py_TYPE(op);
  // CHECK-FIXES: PyObject_GC_UnTrack(op);
  Py_CLEAR(((Pair *)op)->of_objects);
  tp->tp_free(op);
  Py_DECREF(tp);
}
// CHECK-FIXES: static int
// CHECK-FIXES: pair_traverse(PyObject *self, visitproc visit, void *arg)
// CHECK-FIXES: {
// CHECK-FIXES:   Pair *object = (Pair *)self;
// CHECK-FIXES:   Py_VISIT(Py_TYPE(self));
// CHECK-FIXES:   Py_VISIT(object->of_objects);
// CHECK-FIXES:   return 0;
// CHECK-FIXES: }
// CHECK-FIXES: static int
// CHECK-FIXES: pair_clear(PyObject *self)
// CHECK-FIXES: {
// CHECK-FIXES:   Pair *object = (Pair *)self;
// CHECK-FIXES:   Py_CLEAR(object->of_objects);
// CHECK-FIXES:   return 0;
// CHECK-FIXES: }
// CHECK-FIXES: static PyType_Slot pair_slots[] = {{[{][{]}}Py_tp_dealloc, (void *)pair_dealloc}, {Py_tp_traverse, pair_traverse}, {Py_tp_clear, pair_clear}, {0, NULL{{[}][}]}};
// CHECK-FIXES: PyType_Spec pair_spec = {"spam.Pair", sizeof(Pair), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, pair_slots};
static PyType_Slot pair_slots[] = {{Py_tp_dealloc, (void *)pair_dealloc}, {0, NULL}};
PyType_Spec pair_spec = {"spam.Pair", sizeof(Pair), 0, Py_TPFLAGS_DEFAULT, pair_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:56: warning: instances of heap type 'spam.Pair' own objects and their type, but without Py_TPFLAGS_HAVE_GC the collector does not see them: a cycle through 'of_objects' is never freed, and with it the module
// CHECK-NOTES: :[[@LINE-30]]:10: note: 'of_objects' holds an object
// CHECK-NOTES: :[[@LINE-25]]:3: note: its reference is dropped here

typedef struct {
  PyObject_HEAD
  long number;
} Empty;
typedef struct {
  PyObject_HEAD
  Empty *empty;
} HoldsEmpty;
static void holds_empty_dealloc(PyObject *op) {
  PyTypeObject *tp = Py_TYPE(op);
  Py_CLEAR(((HoldsEmpty *)op)->empty);
  tp->tp_free(op);
  Py_DECREF(tp);
}
static PyType_Slot holds_empty_slots[] = {{Py_tp_dealloc, (void *)holds_empty_dealloc}, {0, NULL}};
PyType_Spec holds_empty_spec = {"spam.HoldsEmpty", sizeof(HoldsEmpty), 0, Py_TPFLAGS_DEFAULT, holds_empty_slots};
