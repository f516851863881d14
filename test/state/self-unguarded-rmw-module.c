// RUN: %check_tidy %s cpython-state-self-unguarded-rmw,cpython-state-self-field-incref-race,cpython-state-half-locked-field %t -python=3.13,3.15

#include <Python.h>

typedef struct {
  Py_ssize_t calls;
  Py_ssize_t counted;  // under a critical section on the module
  Py_ssize_t half;     // the same, but for one
  Py_ssize_t atomic;
  PyObject *hook;
  PyObject *error;     // set by exec
} State;

typedef struct {
  PyObject_HEAD
  State *state;
} Obj;

static PyObject *call(PyObject *module, PyObject *unused) {
  State *st = PyModule_GetState(module);
  st->calls++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'call' changes 'calls' of 'State' without a lock while 'obj_call' can be changing it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}

static PyObject *count(PyObject *module, PyObject *unused) {
  State *st = PyModule_GetState(module);
  Py_BEGIN_CRITICAL_SECTION(module);
  st->counted++;
  st->half++;
  Py_END_CRITICAL_SECTION();
  __atomic_fetch_add(&st->atomic, 1, __ATOMIC_RELAXED);
  Py_RETURN_NONE;
}

static PyObject *get_half(PyObject *module, PyObject *unused) {
  State *st = PyModule_GetState(module);
  return PyLong_FromSsize_t(st->half);
  // CHECK-MESSAGES: :[[@LINE-1]]:29: warning: 'get_half' reads 'half' of 'State' without the lock that 'count' holds where it changes it [cpython-state-half-locked-field]
}

static PyObject *set_hook(PyObject *module, PyObject *hook) {
  State *st = PyModule_GetState(module);
  Py_XSETREF(st->hook, Py_NewRef(hook));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'set_hook' replaces 'hook' of 'State' without a lock while 'get_hook' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}

static PyObject *get_hook(PyObject *module, PyObject *unused) {
  State *st = PyModule_GetState(module);
  return Py_XNewRef(st->hook);
}

static PyObject *fail(PyObject *module, PyObject *unused) {
  State *st = PyModule_GetState(module);
  PyErr_SetNone(st->error);
  return NULL;
}

// The section is on one object, the state is all objects'.
static PyObject *obj_call(Obj *self, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->state->calls++;
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}
static PyMethodDef obj_methods[] = {{"call", (PyCFunction)obj_call, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot obj_slots[] = {{Py_tp_methods, obj_methods}, {0, NULL}};
static PyType_Spec obj_spec = {"demo.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, obj_slots};

static PyMethodDef methods[] = {{"call", call, METH_NOARGS, NULL},
                                {"count", count, METH_NOARGS, NULL},
                                {"get_half", get_half, METH_NOARGS, NULL},
                                {"set_hook", set_hook, METH_O, NULL},
                                {"get_hook", get_hook, METH_NOARGS, NULL},
                                {"fail", fail, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static int demo_exec(PyObject *module) {
  State *st = PyModule_GetState(module);
  st->calls = 0;
  st->error = PyErr_NewException("demo.error", NULL, NULL);
  return st->error && PyType_FromModuleAndSpec(module, &obj_spec, NULL) ? 0 : -1;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)demo_exec}, {0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "demo", NULL, sizeof(State), methods, slots, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&definition); }
