// RUN: %check_tidy %s cpython-state-init-reentrant %t -python=3.13,3.15 -fix-notes

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *items;
  char *data;
} Obj;

static int obj_init(Obj *self, PyObject *args, PyObject *kwargs) {
  self->items = PyList_New(0);
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_init' overwrites 'items' of 'Obj' each time __init__() is called; what an earlier call has put there leaks [cpython-state-init-reentrant]
  if (self->items == NULL)
    return -1;
  return 0;
}

static void obj_dealloc(Obj *self) {
  Py_XDECREF(self->items);
  Py_TYPE(self)->tp_free(self);
}

PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_init = (initproc)obj_init,
    .tp_dealloc = (destructor)obj_dealloc,
};

// CHECK-FIXES: PyObject *fresh = PyList_New(0);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: Py_XSETREF(self->items, fresh);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
