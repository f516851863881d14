// RUN: %check_tidy %s cpython-state-half-locked-field %t -python=3.13

// What a function has just made is private, also when it comes from a free list
// or when an error is returned in its place; a helper that is handed a function
// and calls it under the lock guards what that function does.

#include <Python.h>

typedef struct {
  PyObject_HEAD
  Py_ssize_t used;
  Py_ssize_t size;
  Py_ssize_t seen;
} Obj;

static PyTypeObject Obj_Type;
static PyObject *pool[8];
static int pool_size;

static PyObject *obj_alloc(PyTypeObject *type) {
  if (pool_size == 0)
    return type->tp_alloc(type, 0);
  PyObject *obj = pool[--pool_size];
  PyObject_Init(obj, type);
  return obj;
}
static PyObject *obj_from_pool(PyObject *module, PyObject *unused) {
  Obj *obj = (Obj *)obj_alloc(&Obj_Type);
  if (obj == NULL)
    return NULL;
  obj->used = 1;
  return (PyObject *)obj;
}

static PyObject *obj_bare(Py_ssize_t size) {
  Obj *obj = PyObject_New(Obj, &Obj_Type);
  if (obj == NULL)
    return PyErr_NoMemory();
  if (size < 0) {
    Py_DECREF(obj);
    return PyErr_Format(PyExc_ValueError, "negative");
  }
  return (PyObject *)obj;
}
static PyObject *obj_sized(PyObject *module, PyObject *arg) {
  PyObject *obj = obj_bare(1);
  if (obj == NULL)
    return NULL;
  ((Obj *)obj)->size = 1;
  return obj;
}

typedef PyObject *(*operation)(Obj *self, PyObject *arg);
static PyObject *locked(Obj *self, PyObject *arg, operation run) {
  PyObject *result;
  Py_BEGIN_CRITICAL_SECTION(self);
  result = run(self, arg);
  Py_END_CRITICAL_SECTION();
  return result;
}
static PyObject *unlocked(Obj *self, PyObject *arg, operation run) {
  return run(self, arg);
}
static PyObject *grow_locked(Obj *self, PyObject *arg) {
  self->used += 1;
  self->size += 1;
  Py_RETURN_NONE;
}
static PyObject *obj_grow(Obj *self, PyObject *arg) {
  return locked(self, arg, grow_locked);
}
static PyObject *see(Obj *self, PyObject *arg) {
  return PyLong_FromSsize_t(self->seen);
// CHECK-MESSAGES: :[[@LINE-1]]:29: warning: 'see' reads 'seen' of 'Obj' without the lock that 'obj_look' holds where it changes it [cpython-state-half-locked-field]
}
static PyObject *obj_see(Obj *self, PyObject *arg) {
  return unlocked(self, arg, see);
}
static PyObject *obj_look(Obj *self, PyObject *arg) {
  Py_ssize_t used;
  Py_BEGIN_CRITICAL_SECTION(self);
  self->seen++;
  used = self->used + self->size;
  Py_END_CRITICAL_SECTION();
  return PyLong_FromSsize_t(used);
}


// One macro for both forms: the condition is a constant.
#define OPERATION(name, inplace)                                               \
  static PyObject *name(PyObject *self, PyObject *other) {                     \
    Obj *result;                                                               \
    Py_BEGIN_CRITICAL_SECTION2(self, other);                                   \
    result = inplace ? (Obj *)Py_NewRef(self) : (Obj *)obj_bare(2);            \
    Py_END_CRITICAL_SECTION2();                                                \
    if (!inplace && result != NULL)                                            \
      result->used = 2;                                                        \
    return (PyObject *)result;                                                 \
  }
OPERATION(obj_and, 0)
OPERATION(obj_iand, 1)

static PyMethodDef obj_methods[] = {
    {"and_", obj_and, METH_O, NULL},
    {"iand", obj_iand, METH_O, NULL},
    {"grow", (PyCFunction)obj_grow, METH_O, NULL},
    {"see", (PyCFunction)obj_see, METH_O, NULL},
    {"look", (PyCFunction)obj_look, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
static PyMethodDef methods[] = {
    {"from_pool", obj_from_pool, METH_NOARGS, NULL},
    {"sized", obj_sized, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo", NULL, 0, methods,
                             NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModule_Create(&module); }
