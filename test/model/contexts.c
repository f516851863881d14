// How functions are entered, and so when they run.
// RUN: %pyext_tidy --dump-model %s -- %python-3.11 > %t.11
// RUN: %pyext_tidy --dump-model %s -- %python-3.15 -DPy_GIL_DISABLED=1 > %t.15
// RUN: %python %S/functions.py %t.11 | FileCheck %s
// RUN: %python %S/functions.py %t.15 | FileCheck %s
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct { PyObject_HEAD int x; } Thing;

// CHECK-DAG: both_helper init,run
static void both_helper(void) {}
// CHECK-DAG: init_helper init
static void init_helper(void) { both_helper(); }
// CHECK-DAG: dead_helper dead
static void dead_helper(void) {}
// CHECK-DAG: unused -
static void unused(void) {}
// CHECK-DAG: add_types init presumed
int add_types(PyObject *m) { return PyModule_AddIntConstant(m, "x", 1); }
// CHECK-DAG: public_helper run exported
PyObject *public_helper(PyObject *o) { return o; }
// CHECK-DAG: compare run
static int compare(const void *a, const void *b) { return a < b; }
// CHECK-DAG: worker foreign thread:pthread_create
static void *worker(void *p) { return p; }
// CHECK-DAG: on_event run,foreign callback:lib_on_event
static void on_event(void *user) {
  PyGILState_STATE s = PyGILState_Ensure();
  PyGILState_Release(s);
}
void lib_on_event(void (*cb)(void *), void *user);
// CHECK-DAG: called_back run
static void called_back(void) {}
static void with_callback(void (*cb)(void)) { cb(); }

// CHECK-DAG: thing_new run new:tp_new
static PyObject *thing_new(PyTypeObject *t, PyObject *a, PyObject *k) { both_helper(); return t->tp_alloc(t, 0); }
// CHECK-DAG: thing_dealloc dead dealloc:tp_dealloc
static void thing_dealloc(PyObject *o) { dead_helper(); Py_TYPE(o)->tp_free(o); }
// CHECK-DAG: thing_iternext run iternext:tp_iternext
static PyObject *thing_iternext(PyObject *o) { return NULL; }
// CHECK-DAG: thing_add run slot:nb_add
static PyObject *thing_add(PyObject *a, PyObject *b) { return NULL; }
// CHECK-DAG: thing_len run slot:sq_length
static Py_ssize_t thing_len(PyObject *a) { return 0; }
// CHECK-DAG: thing_get run getter:x
static PyObject *thing_get(PyObject *o, void *c) { return NULL; }
// CHECK-DAG: thing_set run setter:x
static int thing_set(PyObject *o, PyObject *v, void *c) { return 0; }
// CHECK-DAG: thing_late run slot:tp_repr
static PyObject *thing_late(PyObject *o) { return NULL; }

static PyNumberMethods thing_number = {.nb_add = thing_add};
static PySequenceMethods thing_sequence = {.sq_length = thing_len};
static PyGetSetDef thing_getset[] = {{"x", thing_get, thing_set, NULL, NULL}, {0}};
static PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "m.Thing", .tp_basicsize = sizeof(Thing), .tp_new = thing_new, .tp_dealloc = thing_dealloc,
    .tp_as_number = &thing_number, .tp_as_sequence = &thing_sequence, .tp_getset = thing_getset,
    .tp_iternext = thing_iternext};

// CHECK-DAG: spec_repr run slot:tp_repr
static PyObject *spec_repr(PyObject *o) { return NULL; }
static PyType_Slot spec_slots[] = {{Py_tp_repr, (void *)spec_repr}, {0, NULL}};
static PyType_Spec spec = {"m.Spec", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT, spec_slots};

// CHECK-DAG: function run method:function
static PyObject *function(PyObject *m, PyObject *args) {
  int v[2] = {1, 2};
  pthread_t t;
  qsort(v, 2, sizeof(int), compare);
  pthread_create(&t, NULL, worker, NULL);
  lib_on_event(on_event, NULL);
  with_callback(called_back);
  both_helper();
  return NULL;
}
static PyMethodDef methods[] = {{"function", function, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

// CHECK-DAG: module_exec init module-exec:Py_mod_exec
static int module_exec(PyObject *m) {
  init_helper();
  Thing_Type.tp_repr = thing_late;
  return PyType_Ready(&Thing_Type) < 0 || PyType_FromSpec(&spec) == NULL;
}
// CHECK-DAG: module_free unload module-free:m
static void module_free(void *m) {}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)module_exec}, {0, NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "m", .m_methods = methods, .m_slots = slots,
                                 .m_free = module_free};
// CHECK-DAG: PyInit_m init module-init:m
PyMODINIT_FUNC PyInit_m(void) { return PyModuleDef_Init(&def); }
