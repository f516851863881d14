#include <Python.h>

typedef struct {
  PyObject_HEAD
  int value;
} Thing;

static PyObject *thing_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Thing *self = (Thing *)type->tp_alloc(type, 0);
  if (self)
    self->value = 17;
  return (PyObject *)self;
}

static void thing_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
}

static PyObject *thing_value(PyObject *self, PyObject *unused) {
  return PyLong_FromLong(((Thing *)self)->value);
}

static PyMethodDef thing_methods[] = {
    {"value", thing_value, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot thing_slots[] = {
    {Py_tp_new, thing_new},
    {Py_tp_dealloc, thing_dealloc},
    {Py_tp_methods, thing_methods},
    {0, NULL},
};

static PyType_Spec thing_spec = {
    "small.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, thing_slots,
};

static int small_exec(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &thing_spec, NULL);
  if (!type)
    return -1;
  int result = PyModule_AddType(module, (PyTypeObject *)type);
  Py_DECREF(type);
  return result;
}

static PyModuleDef_Slot small_slots[] = {
    {Py_mod_exec, small_exec},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef small_module = {PyModuleDef_HEAD_INIT, .m_name = "small", .m_slots = small_slots};

PyMODINIT_FUNC PyInit_small(void) { return PyModuleDef_Init(&small_module); }
