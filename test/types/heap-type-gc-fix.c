// RUN: %check_tidy %s cpython-types-heap-type-gc %t -fix-min-python=3.11

// The flag, the two functions, their slots and the deallocator's part.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *src;
  PyObject *name;
} Token;

static PyObject *token_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyObject *src;
  if (!PyArg_ParseTuple(args, "O", &src))
    return NULL;
  Token *self = (Token *)type->tp_alloc(type, 0);
  if (self == NULL)
    return NULL;
  self->src = Py_NewRef(src);
  self->name = PyUnicode_FromString("token");
  return (PyObject *)self;
}
static void token_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  // CHECK-FIXES: PyObject_GC_UnTrack(self);
  Py_XDECREF(((Token *)self)->src);
  Py_XDECREF(((Token *)self)->name);
  tp->tp_free(self);
  Py_DECREF(tp);
}

// CHECK-FIXES: static int
// CHECK-FIXES: token_traverse(PyObject *self, visitproc visit, void *arg)
// CHECK-FIXES: {
// CHECK-FIXES:   Token *object = (Token *)self;
// CHECK-FIXES:   Py_VISIT(Py_TYPE(self));
// CHECK-FIXES:   Py_VISIT(object->src);
// CHECK-FIXES:   return 0;
// CHECK-FIXES: }
// CHECK-FIXES: static int
// CHECK-FIXES: token_clear(PyObject *self)
// CHECK-FIXES: {
// CHECK-FIXES:   Token *object = (Token *)self;
// CHECK-FIXES:   Py_CLEAR(object->src);
// CHECK-FIXES:   return 0;
// CHECK-FIXES: }
static PyType_Slot token_slots[] = {
    {Py_tp_new, (void *)token_new},
    {Py_tp_dealloc, (void *)token_dealloc},
    // CHECK-FIXES: {Py_tp_traverse, token_traverse},
    // CHECK-FIXES: {Py_tp_clear, token_clear},
    {0, NULL},
};
PyType_Spec token_spec = {
    .name = "spam.Token",
    .basicsize = sizeof(Token),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: instances of heap type 'spam.Token' own objects and their type, but without Py_TPFLAGS_HAVE_GC the collector does not see them: a cycle through 'src' is never freed, and with it the module [cpython-types-heap-type-gc]
    // CHECK-FIXES: .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = token_slots,
};
