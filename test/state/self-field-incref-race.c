// RUN: %check_tidy %s cpython-state-self-field-incref-race %t -python=3.13,3.15 -no-fix

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *src;      // replaced by the setter, handed out by the getter
  PyObject *guarded;  // the same under a critical section
  PyObject *constant; // set by __init__() only
  PyObject *through;  // replaced through a helper
  PyObject *wrapped;  // locked by the wrapper that Argument Clinic writes
} Obj;

static PyObject *obj_get_src(Obj *self, void *closure) {
  return Py_NewRef(self->src);
}
static int obj_set_src(Obj *self, PyObject *value, void *closure) {
  Py_XSETREF(self->src, Py_XNewRef(value));
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_set_src' replaces 'src' of 'Obj' without a lock while 'obj_get_src' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
// CHECK-NOTES: :[[@LINE-5]]:10: note: 'obj_get_src' reads 'src' here without a lock
// CHECK-NOTES: :[[@LINE-4]]:12: note: 'obj_set_src' is the setter 'src' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-15]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  return 0;
}

static PyObject *obj_get_guarded(Obj *self, void *closure) {
  PyObject *result;
  Py_BEGIN_CRITICAL_SECTION(self);
  result = Py_XNewRef(self->guarded);
  Py_END_CRITICAL_SECTION();
  return result;
}
static int obj_set_guarded(Obj *self, PyObject *value, void *closure) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_XSETREF(self->guarded, Py_XNewRef(value));
  Py_END_CRITICAL_SECTION();
  return 0;
}

static PyObject *obj_get_constant(Obj *self, void *closure) {
  return Py_XNewRef(self->constant);
}

static void replace(Obj *self, PyObject *value) {
  PyObject *old = self->through;
  self->through = Py_NewRef(value);
  Py_XDECREF(old);
}
static PyObject *obj_update(Obj *self, PyObject *value) {
  replace(self, value);
  Py_RETURN_NONE;
}
static PyObject *obj_update_locked(Obj *self, PyObject *value) {
  Py_BEGIN_CRITICAL_SECTION(self);
  replace(self, value);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *obj_swap_impl(Obj *self, PyObject *value) {
  Py_XSETREF(self->wrapped, Py_NewRef(value));
  Py_RETURN_NONE;
}
static PyObject *obj_swap(Obj *self, PyObject *value) {
  PyObject *result;
  Py_BEGIN_CRITICAL_SECTION(self);
  result = obj_swap_impl(self, value);
  Py_END_CRITICAL_SECTION();
  return result;
}

static int obj_init(Obj *self, PyObject *args, PyObject *kwargs) {
  Py_XSETREF(self->constant, PyTuple_New(0));
  return 0;
}

// A new object is nobody else's.
static PyObject *obj_copy(Obj *self, PyObject *unused) {
  Obj *other = (Obj *)PyType_GenericAlloc(Py_TYPE(self), 0);
  if (other == NULL)
    return NULL;
  replace(other, Py_None);
  other->constant = Py_XNewRef(self->constant);
  return (PyObject *)other;
}

static int obj_clear(Obj *self) {
  Py_CLEAR(self->src);
  Py_CLEAR(self->constant);
  Py_CLEAR(self->through);
  Py_CLEAR(self->wrapped);
  return 0;
}
static void obj_dealloc(Obj *self) {
  PyObject_GC_UnTrack(self);
  obj_clear(self);
  PyObject_GC_Del(self);
}

static PyMethodDef obj_methods[] = {
    {"update", (PyCFunction)obj_update, METH_O, NULL},
    {"update_locked", (PyCFunction)obj_update_locked, METH_O, NULL},
    {"swap", (PyCFunction)obj_swap, METH_O, NULL},
    {"copy", (PyCFunction)obj_copy, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef obj_getset[] = {
    {"src", (getter)obj_get_src, (setter)obj_set_src, NULL, NULL},
    {"guarded", (getter)obj_get_guarded, (setter)obj_set_guarded, NULL, NULL},
    {"constant", (getter)obj_get_constant, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = (destructor)obj_dealloc,
    .tp_clear = (inquiry)obj_clear,
    .tp_init = (initproc)obj_init,
    .tp_methods = obj_methods,
    .tp_getset = obj_getset,
};
