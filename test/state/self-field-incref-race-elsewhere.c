// RUN: %check_tidy %s cpython-state-self-field-incref-race %t -python=3.13

// Slots that are listed in another file, or put into a table at run time: what they do to an object that dies is no race.
#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *func;
  PyObject *self;
} Bound;

int bound_clear(PyObject *op);
int bound_clear(PyObject *op) {
  Py_CLEAR(((Bound *)op)->func);
  return 0;
}
static void bound_dealloc(PyObject *op) {
  Py_CLEAR(((Bound *)op)->self);
  Py_TYPE(op)->tp_free(op);
}
PyObject *bound_call(PyObject *op, PyObject *args);
PyObject *bound_call(PyObject *op, PyObject *args) {
  Bound *bound = (Bound *)op;
  return PyObject_CallFunctionObjArgs(bound->func, bound->self, NULL);
}
PyObject *make_type(void);
PyObject *make_type(void) {
  PyType_Slot slots[3];
  PyType_Spec spec = {"demo.Bound", sizeof(Bound), 0, Py_TPFLAGS_DEFAULT, slots};
  int used = 0;
  slots[used].slot = Py_tp_dealloc;
  slots[used++].pfunc = (void *)bound_dealloc;
  slots[used].slot = 0;
  slots[used].pfunc = NULL;
  return PyType_FromSpec(&spec);
}
// The method of the same name.
static PyObject *obj_clear(Bound *bound, PyObject *unused) {
  Py_CLEAR(bound->func);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_clear' replaces 'func' of 'Bound' without a lock while 'bound_call' can be using it [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}
PyMethodDef bound_methods[] = {{"clear", (PyCFunction)obj_clear, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
