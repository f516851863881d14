// RUN: %check_tidy %s cpython-state-self-lazy-init %t -python=3.13,3.15

#include <Python.h>

// The state of a module is one for all threads.
typedef struct {
  PyObject *decimal;  // imported on first use
  PyObject *eager;    // set up by exec
  PyObject *locked;   // tested and set under the mutex
  PyObject *section;  // and under a critical section on the module
  int checked;        // a flag for 'table'
  int table[4];
  PyMutex mutex;
} State;

static State *state_of(PyObject *module) {
  return (State *)PyModule_GetState(module);
}

static PyObject *get_decimal(PyObject *module, PyObject *unused) {
  State *st = PyModule_GetState(module);
  if (st->decimal == NULL) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'decimal' of 'State' is computed on first use without a lock; two threads in 'get_decimal' can both find 'decimal' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    st->decimal = PyImport_ImportModule("decimal");
    if (st->decimal == NULL)
      return NULL;
  }
  return Py_NewRef(st->decimal);
}

static PyObject *get_eager(PyObject *module, PyObject *unused) {
  return Py_NewRef(state_of(module)->eager);
}

static PyObject *get_locked(PyObject *module, PyObject *unused) {
  State *st = state_of(module);
  PyMutex_Lock(&st->mutex);
  if (st->locked == NULL)
    st->locked = PyDict_New();
  PyObject *result = Py_XNewRef(st->locked);
  PyMutex_Unlock(&st->mutex);
  return result;
}

static PyObject *get_section(PyObject *module, PyObject *unused) {
  State *st = state_of(module);
  PyObject *result;
  Py_BEGIN_CRITICAL_SECTION(module);
  if (st->section == NULL)
    st->section = PyDict_New();
  result = Py_XNewRef(st->section);
  Py_END_CRITICAL_SECTION();
  return result;
}

static void fill(State *st) {
  if (!st->checked) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'checked' and 'table' of 'State' are computed on first use without a lock; two threads in 'fill' can both find 'checked' missing, and see some of them set and others not [cpython-state-self-lazy-init]
    st->table[0] = 1;
    st->checked = 1;
  }
}
static PyObject *look_up(PyObject *module, PyObject *unused) {
  fill(state_of(module));
  return PyLong_FromLong(state_of(module)->table[0]);
}

static PyMethodDef methods[] = {{"decimal", get_decimal, METH_NOARGS, NULL},
                                {"eager", get_eager, METH_NOARGS, NULL},
                                {"locked", get_locked, METH_NOARGS, NULL},
                                {"section", get_section, METH_NOARGS, NULL},
                                {"look_up", look_up, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static int demo_exec(PyObject *module) {
  State *st = state_of(module);
  if (st->eager == NULL)
    st->eager = PyDict_New();
  return st->eager ? 0 : -1;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)demo_exec}, {0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "demo", NULL, sizeof(State), methods, slots, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&definition); }
