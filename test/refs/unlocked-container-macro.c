// RUN: %check_tidy %s cpython-refs-unlocked-container-macro %t -python=3.13,3.15

#include <Python.h>

int use(PyObject *op); // May run Python code.

typedef struct {
  PyObject_HEAD
  PyObject *items;
  PyObject *pair, *last, *bytes;
} Thing;

static PyObject *put(Thing *self, PyObject *v) {
  PyList_SET_ITEM(self->items, 0, Py_NewRef(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyList_SET_ITEM' writes into 'self->items', which others have already, without a lock and without giving up what was there [cpython-refs-unlocked-container-macro]
  // CHECK-NOTES: :[[@LINE-2]]:3: note: another thread can change 'items' in 'put'
  // CHECK-NOTES: :[[@LINE-3]]:3: note: 'PyList_SetItem' locks, gives up the old item and says whether it has failed
  PyTuple_SET_ITEM(self->pair, 0, Py_NewRef(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyTuple_SET_ITEM' writes into 'self->pair', which others have already
  // CHECK-NOTES: :[[@LINE-2]]:3: note: another thread can change 'pair' in 'put'
  // CHECK-NOTES: :[[@LINE-3]]:3: note: make a new object and put it in the place of the old one
  Py_RETURN_NONE;
}

static PyObject *fill_argument(PyObject *m, PyObject *list) {
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
    PyList_SET_ITEM(list, i, Py_NewRef(Py_None));
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'PyList_SET_ITEM' writes into 'list', which others have already
  // CHECK-NOTES: :[[@LINE-4]]:55: note: any thread that holds the object passed as argument 'list' can change it
  // CHECK-NOTES: :[[@LINE-3]]:5: note: 'PyList_SetItem' locks, gives up the old item and says whether it has failed
  Py_RETURN_NONE;
}

// Stored first, filled afterwards.
static PyObject *published(Thing *self, PyObject *v) {
  PyObject *list = PyList_New(1);
  if (list == NULL)
    return NULL;
  PyObject *old = self->items;
  self->items = list;
  PyList_SET_ITEM(list, 0, Py_NewRef(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyList_SET_ITEM' writes into 'list', which others have already
  // CHECK-NOTES: :[[@LINE-7]]:20: note: other threads can reach the object made here once it is stored
  // CHECK-NOTES: :[[@LINE-3]]:3: note: 'PyList_SetItem' locks, gives up the old item and says whether it has failed
  Py_XDECREF(old);
  Py_RETURN_NONE;
}

//===--- Not reported --------------------------------------------------------===//

// The normal idiom, even when making an item runs code.
static PyObject *filled(PyObject *m, PyObject *arg) {
  PyObject *list = PyList_New(2), *tuple = PyTuple_New(2);
  if (list == NULL || tuple == NULL || use(arg) < 0)
    return NULL;
  for (Py_ssize_t i = 0; i < 2; i++) {
    PyList_SET_ITEM(list, i, PyObject_Repr(arg));
    PyTuple_SET_ITEM(tuple, i, PyObject_Repr(arg));
  }
  PyTuple_SetItem(tuple, 0, list);
  if (_PyTuple_Resize(&tuple, 1) < 0)
    return NULL;
  return tuple;
}

// A helper for new objects.
static void fill(PyObject *list, PyObject *v) {
  PyList_SET_ITEM(list, 0, Py_NewRef(v));
}
static PyObject *with_helper(PyObject *m, PyObject *v) {
  PyObject *list = PyList_New(1);
  if (list != NULL)
    fill(list, v);
  return list;
}

static PyObject *locked(Thing *self, PyObject *v) {
  Py_BEGIN_CRITICAL_SECTION(self->items);
  PyObject *old = PyList_GET_ITEM(self->items, 0);
  PyList_SET_ITEM(self->items, 0, Py_NewRef(v));
  Py_DECREF(old);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Thing *self = (Thing *)type->tp_alloc(type, 0);
  if (self == NULL)
    return NULL;
  self->items = PyList_New(1);
  self->pair = PyTuple_New(2);
  PyList_SET_ITEM(self->items, 0, Py_NewRef(Py_None));
  PyTuple_SET_ITEM(self->pair, 0, Py_NewRef(Py_None));
  PyTuple_SET_ITEM(self->pair, 1, Py_NewRef(Py_None));
  return (PyObject *)self;
}

// Stored in the object first, while that is still being made.
static int init(Thing *self, PyObject *args, PyObject *kwargs) {
  PyObject *list = PyList_New(1);
  if (list == NULL)
    return -1;
  PyObject *old = self->items;
  self->items = list;
  PyList_SET_ITEM(list, 0, Py_NewRef(Py_None));
  Py_XDECREF(old);
  return 0;
}

// The tuple of the last result is used again when nobody else has it.
static PyObject *next(Thing *self, PyObject *v) {
  PyObject *result = self->last;
  if (Py_REFCNT(result) == 1) {
    Py_INCREF(result);
    PyObject *old = PyTuple_GET_ITEM(result, 0);
    PyTuple_SET_ITEM(result, 0, Py_NewRef(v));
    Py_DECREF(old);
    return result;
  }
  return PyTuple_Pack(2, v, v);
}

// Bytes that the object keeps for itself, under the lock of the caller, and
// those of a struct of the caller.
static int resize_lock_held(Thing *self, Py_ssize_t size) {
  return _PyBytes_Resize(&self->bytes, size);
}
static PyObject *grow(Thing *self, PyObject *v) {
  int result;
  Py_BEGIN_CRITICAL_SECTION(self);
  result = resize_lock_held(self, 10);
  Py_END_CRITICAL_SECTION();
  return result < 0 ? NULL : Py_NewRef(v);
}
struct buffer {
  PyObject *bytes;
};
static int expand(struct buffer *b) { return _PyBytes_Resize(&b->bytes, 20); }
static PyObject *encode(Thing *self, PyObject *v) {
  struct buffer b = {PyBytes_FromStringAndSize(NULL, 10)};
  if (b.bytes == NULL || expand(&b) < 0)
    return NULL;
  return b.bytes;
}

static PyMethodDef thing_methods[] = {
    {"grow", (PyCFunction)grow, METH_O, NULL},
    {"encode", (PyCFunction)encode, METH_O, NULL},
    {"next", (PyCFunction)next, METH_O, NULL},
    {"put", (PyCFunction)put, METH_O, NULL},
    {"published", (PyCFunction)published, METH_O, NULL},
    {"locked", (PyCFunction)locked, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot thing_slots[] = {{Py_tp_methods, thing_methods},
                                    {Py_tp_new, (void *)make},
                                    {Py_tp_init, (void *)init},
                                    {0, NULL}};
PyType_Spec thing_spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT,
                          thing_slots};
PyMethodDef methods[] = {{"fill_argument", fill_argument, METH_O, NULL},
                         {"filled", filled, METH_O, NULL},
                         {"with_helper", with_helper, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};
