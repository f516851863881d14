// Known problems of the page: an object that is new, but not seen to be. This has to start to pass one day.
// XFAIL: *
// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13

#include <Python.h>

typedef struct {
  PyObject_HEAD
  int kind;
} Obj;
extern PyTypeObject Obj_Type;

// Another file fills the list of dead ones, which nobody else has.
extern Obj *dead[8];
extern int dead_count;
static PyObject *obj_copy(Obj *self, PyObject *unused) {
  Obj *copy = NULL;
  if (dead_count)
    copy = dead[--dead_count];
  else
    copy = PyObject_New(Obj, &Obj_Type);
  if (!copy)
    return NULL;
  copy->kind = 1;
  return (PyObject *)copy;
}
static PyObject *obj_kind(Obj *self, PyObject *unused) { return PyLong_FromLong(self->kind); }

static PyMethodDef obj_methods[] = {{"copy", (PyCFunction)obj_copy, METH_NOARGS, NULL},
                                    {"kind", (PyCFunction)obj_kind, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
