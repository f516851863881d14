// RUN: %check_tidy %s cpython-types-state-from-self-type %t

#include <Python.h>

typedef struct {
  PyObject *error;
} State;
typedef struct {
  PyObject_HEAD
  int n;
} Obj;

static PyObject *make_error(PyObject *self, PyObject *ignored) {
  State *state = (State *)PyType_GetModuleState(Py_TYPE(self));
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'PyType_GetModuleState' is given the type of the object, which can be a subclass: its module is another one, or none [cpython-types-state-from-self-type]
  return state ? Py_NewRef(state->error) : NULL;
}

// In a helper, through a variable.
static PyObject *module_of(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  return PyType_GetModule(type);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyType_GetModule' is given the type of the object, which can be a subclass: its module is another one, or none
}
static PyObject *obj_repr(PyObject *self) { return PyObject_Str(module_of(self)); }

// The type that is to be made can be a subclass as well.
static PyObject *obj_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  if (PyType_GetModuleState(type) == NULL)
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'PyType_GetModuleState' is given the type to make, which can be a subclass: its module is another one, or none
    return NULL;
  return type->tp_alloc(type, 0);
}

// The defining class, and a search.
static PyObject *defining(PyObject *self, PyTypeObject *cls, PyObject *const *args, Py_ssize_t n, PyObject *names) {
  State *state = (State *)PyType_GetModuleState(cls);
  return state ? Py_NewRef(state->error) : NULL;
}
static PyObject *searched(PyObject *self, PyObject *ignored) {
  PyTypeObject *type = Py_TYPE(self);
  while (type != NULL && PyType_GetModuleState(type) == NULL)
    type = type->tp_base;
  return type ? Py_NewRef((PyObject *)type) : NULL;
}

static PyMethodDef obj_methods[] = {
    {"make_error", make_error, METH_NOARGS, NULL},
    {"defining", (PyCFunction)(void (*)(void))defining, METH_METHOD | METH_FASTCALL | METH_KEYWORDS, NULL},
    {"searched", searched, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot obj_slots[] = {
    {Py_tp_methods, obj_methods}, {Py_tp_repr, (void *)obj_repr}, {Py_tp_new, (void *)obj_new}, {0, NULL}};
PyType_Spec obj_spec = {"spam.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, obj_slots};

// No subclasses: the type is the object's.
static PyObject *final_str(PyObject *self) {
  State *state = (State *)PyType_GetModuleState(Py_TYPE(self));
  return state ? Py_NewRef(state->error) : NULL;
}
// But the other operand can be first.
static PyObject *final_add(PyObject *a, PyObject *b) {
  State *state = (State *)PyType_GetModuleState(Py_TYPE(a));
  // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: 'PyType_GetModuleState' is given the type of the object, which can be the other operand's type: its module is another one, or none
  return state ? Py_NewRef(state->error) : NULL;
}
static PyType_Slot final_slots[] = {{Py_tp_str, (void *)final_str}, {Py_nb_add, (void *)final_add}, {0, NULL}};
PyType_Spec final_spec = {"spam.Final", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, final_slots};
