// RUN: %check_tidy %s cpython-state-half-locked-field %t -python=3.13,3.15

#include <Python.h>

#define ENTER_OBJ(self) Py_BEGIN_CRITICAL_SECTION(self)
#define LEAVE_OBJ() Py_END_CRITICAL_SECTION()

typedef struct {
  PyObject_HEAD
  PyObject *items;
  int version;
  PyThread_type_lock lock;
  int closed;
} Obj;

static PyObject *obj_append(Obj *self, PyObject *value) {
  ENTER_OBJ(self);
  Py_XSETREF(self->items, PyTuple_Pack(1, value));
  self->version++;
  LEAVE_OBJ();
  Py_RETURN_NONE;
}
static PyObject *obj_repr(Obj *self) {
  return PyObject_Repr(self->items);
// CHECK-MESSAGES: :[[@LINE-1]]:24: warning: 'obj_repr' reads 'items' of 'Obj' without the lock that 'obj_append' holds where it changes it [cpython-state-half-locked-field]
// CHECK-NOTES: :[[@LINE-8]]:3: note: 'obj_append' changes 'items' here, under a lock
// CHECK-NOTES: :[[@LINE-4]]:18: note: 'obj_repr' is the slot 'tp_repr' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-18]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
}
static PyObject *obj_version(Obj *self, void *closure) {
  int version;
  ENTER_OBJ(self);
  version = self->version;
  LEAVE_OBJ();
  return PyLong_FromLong(version);
}

static PyObject *obj_close(Obj *self, PyObject *unused) {
  PyThread_acquire_lock(self->lock, WAIT_LOCK);
  self->closed = 1;
  PyThread_release_lock(self->lock);
  Py_RETURN_NONE;
}
static PyObject *obj_closed(Obj *self, void *closure) {
  return PyBool_FromLong(self->closed);
// CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'obj_closed' reads 'closed' of 'Obj' without the lock that 'obj_close' holds where it changes it [cpython-state-half-locked-field]
// CHECK-NOTES: :[[@LINE-7]]:3: note: 'obj_close' changes 'closed' here, under a lock
// CHECK-NOTES: :[[@LINE-4]]:18: note: 'obj_closed' is the getter 'closed' of 'demo.Obj': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-36]]:7: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
}

static PyMethodDef obj_methods[] = {{"append", (PyCFunction)obj_append, METH_O, NULL},
                                    {"close", (PyCFunction)obj_close, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
static PyGetSetDef obj_getset[] = {{"version", (getter)obj_version, NULL, NULL, NULL},
                                   {"closed", (getter)obj_closed, NULL, NULL, NULL},
                                   {NULL, NULL, NULL, NULL, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_repr = (reprfunc)obj_repr,
    .tp_methods = obj_methods,
    .tp_getset = obj_getset,
};

// A section on the dict of the caller guards the dict, not the object: other checks say that nothing does.
typedef struct {
  PyObject_HEAD
  long last;
} Sink;
static void sink_put(Sink *self, PyObject *value) { self->last = PyLong_AsLong(value); }
static PyObject *sink_update(Sink *self, PyObject *args) {
  PyObject *other, *key, *value;
  Py_ssize_t pos = 0;
  if (!PyArg_ParseTuple(args, "O!", &PyDict_Type, &other))
    return NULL;
  Py_BEGIN_CRITICAL_SECTION(other);
  while (PyDict_Next(other, &pos, &key, &value))
    sink_put(self, value);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyObject *sink_set(Sink *self, PyObject *value) {
  sink_put(self, value);
  Py_RETURN_NONE;
}
static PyObject *sink_last(Sink *self, PyObject *unused) { return PyLong_FromLong(self->last); }
static PyMethodDef sink_methods[] = {{"update", (PyCFunction)sink_update, METH_VARARGS, NULL},
                                     {"set", (PyCFunction)sink_set, METH_O, NULL},
                                     {"last", (PyCFunction)sink_last, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
PyTypeObject Sink_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Sink",
    .tp_basicsize = sizeof(Sink),
    .tp_methods = sink_methods,
};
