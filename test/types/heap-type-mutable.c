// RUN: %check_tidy %s cpython-types-heap-type-mutable %t

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
PyType_Spec obj_spec = {"spam.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, obj_slots};
// CHECK-MESSAGES: :[[@LINE-1]]:53: warning: heap type 'spam.Obj' inherits tp_new from object: Python code can make instances whose C fields are all zero [cpython-types-heap-type-mutable]

// Tested, made by its own function, or not to be made.
typedef struct {
  PyObject_HEAD
  lib_handle *h;
} Tested;
static PyObject *tested_do(PyObject *self, PyObject *ignored) {
  if (((Tested *)self)->h == NULL)
    return NULL;
  return PyLong_FromLong(lib_do(((Tested *)self)->h));
}
static PyMethodDef tested_methods[] = {{"do", tested_do, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot tested_slots[] = {{Py_tp_methods, tested_methods}, {0, NULL}};
PyType_Spec tested_spec = {"spam.Tested", sizeof(Tested), 0, Py_TPFLAGS_DEFAULT, tested_slots};

typedef struct {
  PyObject_HEAD
  lib_handle *h;
} Made;
static PyObject *made_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) { return type->tp_alloc(type, 0); }
static PyObject *made_do(PyObject *self, PyObject *ignored) { return PyLong_FromLong(lib_do(((Made *)self)->h)); }
static PyMethodDef made_methods[] = {{"do", made_do, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot made_slots[] = {{Py_tp_new, (void *)made_new}, {Py_tp_methods, made_methods}, {0, NULL}};
PyType_Spec made_spec = {"spam.Made", sizeof(Made), 0, Py_TPFLAGS_DEFAULT, made_slots};

typedef struct {
  PyObject_HEAD
  lib_handle *h;
} Refused;
static PyObject *refused_do(PyObject *self, PyObject *ignored) { return PyLong_FromLong(lib_do(((Refused *)self)->h)); }
static PyMethodDef refused_methods[] = {{"do", refused_do, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot refused_slots[] = {{Py_tp_methods, refused_methods}, {0, NULL}};
PyType_Spec refused_spec = {"spam.Refused", sizeof(Refused), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, refused_slots};
