// RUN: %check_tidy %s cpython-types-heap-type-mutable %t -option=MinPython=3.10 -option=cpython-types-heap-type-mutable.AllowMutable=false -fix-min-python=3.10 -config=ft,gil

#include <Python.h>

typedef struct lib_handle lib_handle;
int lib_do(lib_handle *h);
typedef struct {
  PyObject_HEAD
  lib_handle *h;
} Obj;

static PyObject *obj_do(PyObject *self, PyObject *ignored) { return PyLong_FromLong(lib_do(((Obj *)self)->h)); }
static PyMethodDef obj_methods[] = {{"do", obj_do, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot obj_slots[] = {{Py_tp_methods, obj_methods}, {0, NULL}};
PyType_Spec obj_spec = {"spam.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, obj_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:53: warning: heap type 'spam.Obj' inherits tp_new from object: Python code can make instances whose C fields are all zero [cpython-types-heap-type-mutable]
// CHECK-FIXES: PyType_Spec obj_spec = {"spam.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, obj_slots};

static PyObject *other_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) { return type->tp_alloc(type, 0); }
static PyType_Slot other_slots[] = {{Py_tp_new, (void *)other_new}, {0, NULL}};
PyType_Spec other_spec = {"spam.Other", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, other_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:57: warning: heap type 'spam.Other' can be changed by Python code while other threads use it, as a static type cannot
// CHECK-FIXES: PyType_Spec other_spec = {"spam.Other", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, other_slots};
