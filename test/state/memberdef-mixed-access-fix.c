// RUN: %check_tidy %s cpython-state-memberdef-mixed-access %t -python=3.13,3.15 -fix-notes

#include <Python.h>
#include <structmember.h>

typedef struct {
  PyObject_HEAD
  PyObject *src;
} Obj;

static PyObject *obj_run(Obj *self, PyObject *unused) {
  return PyObject_Str(self->src);
}

static PyObject *obj_copy(Obj *self, PyObject *unused) {
// CHECK-MESSAGES: :[[@LINE+1]]:3: warning: 'obj_copy' uses 'src' of 'Obj' without a lock while Python code can assign the attribute, which frees the object that is used here [cpython-state-memberdef-mixed-access]
  Py_XINCREF(self->src);
  return self->src;
}

static PyMemberDef obj_members[] = {
    {"src", T_OBJECT_EX, offsetof(Obj, src), 0, NULL}, {NULL, 0, 0, 0, NULL}};
static PyMethodDef obj_methods[] = {
    {"run", (PyCFunction)obj_run, METH_NOARGS, NULL},
    {"copy", (PyCFunction)obj_copy, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
    .tp_members = obj_members,
};

// CHECK-FIXES: PyObject *src;
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: src = self->src;
// CHECK-FIXES: Py_XINCREF(src);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: result = PyObject_Str(src);
// CHECK-FIXES: Py_XDECREF(src);
// CHECK-FIXES: return result;
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = self->src;
// CHECK-FIXES: Py_XINCREF(result);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
