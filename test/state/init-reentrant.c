// RUN: %check_tidy %s cpython-state-init-reentrant %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  PyObject_HEAD
  char *buf;
  PyObject *name;
} Obj;

static int obj_init(Obj *self, PyObject *args, PyObject *kwargs) {
  PyObject *name;
  if (!PyArg_ParseTuple(args, "O", &name))
    return -1;
  self->buf = PyMem_Malloc(64);
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_init' overwrites 'buf' and 'name' of 'Obj' each time __init__() is called; what an earlier call has put there leaks, and 'obj_get' may be using it [cpython-state-init-reentrant]
// CHECK-NOTES: :[[@LINE+5]]:3: note: 'obj_init' changes 'name' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:12: note: 'obj_init' is the slot 'tp_init' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE+7]]:29: note: 'obj_get' reads it here
// CHECK-NOTES: :[[@LINE-13]]:9: note: set it up in 'tp_new' instead, or refuse a second call, or release the old value under a lock
  Py_INCREF(name);
  self->name = name;
  return self->buf ? 0 : -1;
}
static PyObject *obj_get(Obj *self, PyObject *unused) {
  return PyBytes_FromString(self->buf);
}
static void obj_dealloc(Obj *self) {
  PyMem_Free(self->buf);
  Py_XDECREF(self->name);
  Py_TYPE(self)->tp_free(self);
}
static PyMethodDef obj_methods[] = {{"get", (PyCFunction)obj_get, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_dealloc = (destructor)obj_dealloc,
    .tp_init = (initproc)obj_init,
    .tp_methods = obj_methods,
};

// What was there is released, a second call is refused, or nothing is owned.
typedef struct {
  PyObject_HEAD
  PyObject *name;
  char *buf;
  char *first;
  const char *borrowed;
  int number;
} Good;

static int good_init(Good *self, PyObject *args, PyObject *kwargs) {
  if (self->buf != NULL) {
    PyErr_SetString(PyExc_RuntimeError, "already initialised");
    return -1;
  }
  self->buf = PyMem_Malloc(64);
  Py_XSETREF(self->name, PyUnicode_FromString("name"));
  PyMem_Free(self->first);
  self->first = PyMem_Malloc(1);
  self->borrowed = "text";
  self->number = 1;
  return 0;
}
static PyObject *good_get(Good *self, PyObject *unused) {
  return PyUnicode_FromFormat("%s %s %s %i", self->buf, self->first, self->borrowed, self->number);
}
static void good_dealloc(Good *self) {
  PyMem_Free(self->buf);
  PyMem_Free(self->first);
  Py_XDECREF(self->name);
  Py_TYPE(self)->tp_free(self);
}
static PyMethodDef good_methods[] = {{"get", (PyCFunction)good_get, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
PyTypeObject Good_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Good",
    .tp_basicsize = sizeof(Good),
    .tp_dealloc = (destructor)good_dealloc,
    .tp_init = (initproc)good_init,
    .tp_methods = good_methods,
};

// The old object is given back while a method takes a reference to it.
typedef struct {
  PyObject_HEAD
  PyObject *name;
  PyObject *locked;
  PyObject *kept;
} Named;

static int named_init(Named *self, PyObject *args, PyObject *kwargs) {
  Py_XSETREF(self->name, PyUnicode_FromString("name"));
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'named_init' releases 'name' of 'Named' without a lock each time __init__() is called, while 'named_get' can be using the old object, and take a reference to it after it is freed [cpython-state-init-reentrant]
// CHECK-NOTES: :[[@LINE+15]]:10: note: 'named_get' reads 'name' here without a lock
// CHECK-NOTES: :[[@LINE-4]]:12: note: 'named_init' is the slot 'tp_init' of 'demo.Named': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-10]]:13: note: set it up in 'tp_new' instead, or refuse a second call, or release the old value under a lock
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_XSETREF(self->locked, PyUnicode_FromString("locked"));
  Py_END_CRITICAL_SECTION();
  Py_XSETREF(self->kept, PyUnicode_FromString("kept"));
  return 0;
}
static PyObject *named_get(Named *self, PyObject *unused) {
  PyObject *locked;
  Py_BEGIN_CRITICAL_SECTION(self);
  locked = Py_XNewRef(self->locked);
  Py_END_CRITICAL_SECTION();
  Py_XDECREF(locked);
  return Py_XNewRef(self->name);
}
static PyMethodDef named_methods[] = {{"get", (PyCFunction)named_get, METH_NOARGS, NULL},
                                      {NULL, NULL, 0, NULL}};
PyTypeObject Named_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Named",
    .tp_basicsize = sizeof(Named),
    .tp_init = (initproc)named_init,
    .tp_methods = named_methods,
};
