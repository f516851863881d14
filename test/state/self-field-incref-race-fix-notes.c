// RUN: %check_tidy %s cpython-state-self-field-incref-race %t -python=3.13,3.15 -fix-notes

#include <Python.h>

int use(PyObject *op);

// Jumps leave the code, and Python code runs while the object is in use: both are
// for a person to look at.
typedef struct {
  PyObject_HEAD
  PyObject *src;
} Reviewed;

static PyObject *reviewed_get(Reviewed *self, void *closure) {
  if (self->src == NULL) {
    PyErr_SetNone(PyExc_ValueError);
    return NULL;
  }
  return Py_NewRef(self->src);
}

static int reviewed_set(Reviewed *self, PyObject *value, void *closure) {
  if (value == NULL)
    return -1;
  Py_XSETREF(self->src, Py_NewRef(value));
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'reviewed_set' replaces 'src' of 'Reviewed' without a lock while 'reviewed_get' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  return 0;
}

static PyObject *reviewed_str(Reviewed *self) {
  return PyObject_Str(self->src);
}

static PyObject *reviewed_run(Reviewed *self, PyObject *src) {
  if (use(self->src) < 0)
    return NULL;
  if (use(src) < 0)
    return NULL;
  if (use(self->src) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyGetSetDef reviewed_getset[] = {
    {"src", (getter)reviewed_get, (setter)reviewed_set, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef reviewed_methods[] = {
    {"run", (PyCFunction)reviewed_run, METH_O, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Reviewed_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Reviewed",
    .tp_basicsize = sizeof(Reviewed),
    .tp_str = (reprfunc)reviewed_str,
    .tp_methods = reviewed_methods,
    .tp_getset = reviewed_getset,
};

// CHECK-FIXES: static PyObject *reviewed_get_with_src(Reviewed *self, void *closure, PyObject *src) {
// CHECK-FIXES: if (src == NULL) {
// CHECK-FIXES: return Py_NewRef(src);
// CHECK-FIXES: }
// CHECK-FIXES: static PyObject *reviewed_get(Reviewed *self, void *closure) {
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: PyObject *src;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: src = self->src;
// CHECK-FIXES: Py_XINCREF(src);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: result = reviewed_get_with_src(self, closure, src);
// CHECK-FIXES: Py_XDECREF(src);
// CHECK-FIXES: return result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
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
// CHECK-FIXES: }
// CHECK-FIXES: static PyObject *reviewed_run_with_src(Reviewed *self, PyObject *src, PyObject *src2) {
// CHECK-FIXES: if (use(src2) < 0)
// CHECK-FIXES: return NULL;
// CHECK-FIXES: if (use(src) < 0)
// CHECK-FIXES: return NULL;
// CHECK-FIXES: if (use(src2) < 0)
// CHECK-FIXES: return NULL;
// CHECK-FIXES: Py_RETURN_NONE;
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: PyObject *src2;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: src2 = self->src;
// CHECK-FIXES: Py_XINCREF(src2);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: result = reviewed_run_with_src(self, src, src2);
// CHECK-FIXES: Py_XDECREF(src2);
// CHECK-FIXES: return result;
