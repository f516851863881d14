// RUN: %check_tidy %s cpython-state-half-locked-field %t -python=3.13

// Functions that are called through a field run under the locks of that call.

#include <Python.h>

typedef struct Cache Cache;
typedef PyObject *(*compute)(Cache *, PyObject *);
struct Cache {
  PyObject_HEAD
  compute wrapper;  // always called under the lock
  compute loose;    // called with and without
  compute exported; // handed to a library
  compute chosen;   // out of a table
  Py_ssize_t hits, misses, passed, chosen_calls;
};

void library_register(compute function);

static PyObject *bounded(Cache *self, PyObject *arg) {
  self->hits++;
  return Py_NewRef(arg);
}

static PyObject *unbounded(Cache *self, PyObject *arg) {
  self->hits += 2;
  return Py_NewRef(arg);
}

static PyObject *loose(Cache *self, PyObject *arg) {
  self->misses++;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'loose' changes 'misses' of 'Cache' without the lock that 'cache_call' holds where it changes it [cpython-state-half-locked-field]
  return Py_NewRef(arg);
}

static PyObject *passed(Cache *self, PyObject *arg) {
  self->passed++;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'passed' changes 'passed' of 'Cache' without the lock that 'cache_info' holds where it reads it [cpython-state-half-locked-field]
  return Py_NewRef(arg);
}

static PyObject *listed(Cache *self, PyObject *arg) {
  self->chosen_calls++;
  return Py_NewRef(arg);
}
struct choice {
  const char *name;
  compute function;
};
static int is_listed(compute function) { return function == listed; }
static const struct choice choices[] = {{"listed", listed}, {NULL, NULL}};

static PyObject *cache_call(Cache *self, PyObject *arg, PyObject *kwargs) {
  PyObject *result;
  Py_BEGIN_CRITICAL_SECTION(self);
  result = self->wrapper(self, arg);
  if (result != NULL && self->loose != NULL)
    Py_SETREF(result, self->loose(self, arg));
  if (result != NULL)
    Py_SETREF(result, (*self->exported)(self, arg));
  if (result != NULL && is_listed(self->chosen))
    Py_SETREF(result, self->chosen(self, arg));
  Py_END_CRITICAL_SECTION();
  return result;
}

static PyObject *cache_quick(Cache *self, PyObject *arg) {
  compute function = self->loose;
  return function(self, arg);
}

static PyObject *cache_info(Cache *self, PyObject *unused) {
  Py_ssize_t total;
  Py_BEGIN_CRITICAL_SECTION(self);
  total = self->hits + self->misses + self->passed + self->chosen_calls;
  Py_END_CRITICAL_SECTION();
  return PyLong_FromSsize_t(total);
}

static PyObject *cache_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  compute wrapper = unbounded;
  if (PyTuple_GET_SIZE(args))
    wrapper = bounded;
  Cache *self = (Cache *)type->tp_alloc(type, 0);
  if (self == NULL)
    return NULL;
  self->wrapper = wrapper;
  self->loose = loose;
  self->exported = passed;
  for (const struct choice *c = choices; c->name; c++)
    self->chosen = c->function;
  library_register(self->exported);
  return (PyObject *)self;
}

static PyMethodDef cache_methods[] = {
    {"quick", (PyCFunction)cache_quick, METH_O, NULL},
    {"info", (PyCFunction)cache_info, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Cache_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Cache",
    .tp_basicsize = sizeof(Cache),
    .tp_call = (ternaryfunc)cache_call,
    .tp_methods = cache_methods,
    .tp_new = cache_new,
};
