// RUN: %check_tidy %s cpython-state-self-lazy-init %t -python=3.13,3.15

#include <Python.h>

PyObject *parse(PyObject *source);
char *compile(PyObject *source, Py_ssize_t *size);

typedef struct {
  PyObject_HEAD
  PyObject *source;
  PyObject *tree;     // computed by expand(), shown by get_tree()
  PyObject *locked;   // computed under the lock
  PyObject *checked;  // tested outside of the lock
  PyObject *eager;    // computed by __new__()
  char *code;         // with its size
  Py_ssize_t code_size;
  Py_hash_t hash;     // only set by __new__()
  PyObject *atomic;
  PyMutex mutex;
} Template;

static PyObject *template_expand(Template *self, PyObject *unused) {
  if (self->tree == NULL) {
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tree' of 'Template' is computed on first use without a lock; two threads in 'template_expand' can both find 'tree' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
// CHECK-NOTES: :[[@LINE+6]]:5: note: 'template_expand' changes 'tree' here without a lock
// CHECK-NOTES: :[[@LINE+6]]:9: note: 'template_expand' reads 'tree' here without a lock
// CHECK-NOTES: :[[@LINE+8]]:10: note: 'template_expand' reads 'tree' here without a lock
// CHECK-NOTES: :[[@LINE+13]]:10: note: 'template_get_tree' reads 'tree' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:18: note: 'template_expand' is the method 'expand' of 'demo.Template': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-19]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
    self->tree = parse(self->source);
    if (self->tree == NULL)
      return NULL;
  }
  return Py_NewRef(self->tree);
}

static PyObject *template_get_tree(Template *self, void *closure) {
  if (!self->tree)
    Py_RETURN_NONE;
  return Py_NewRef(self->tree);
}

// A flag of two values: another thread can see one of them without the other.
static PyObject *template_run(Template *self, PyObject *unused) {
  if (!self->code) {
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'code' and 'code_size' of 'Template' are computed on first use without a lock; two threads in 'template_run' can both find 'code' missing, and see some of them set and others not [cpython-state-self-lazy-init]
// CHECK-NOTES: :[[@LINE+5]]:5: note: 'template_run' changes 'code' here without a lock
// CHECK-NOTES: :[[@LINE+5]]:5: note: 'template_run' changes 'code_size' here without a lock
// CHECK-NOTES: :[[@LINE+6]]:36: note: 'template_run' reads 'code' here without a lock
// CHECK-NOTES: :[[@LINE-6]]:18: note: 'template_run' is the method 'run' of 'demo.Template': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-37]]:9: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
    self->code = compile(self->source, &self->code_size);
    self->code_size += 1;
  }
  return PyBytes_FromStringAndSize(self->code, self->code_size);
}

static PyObject *template_checked(Template *self, PyObject *unused) {
  PyObject *result = self->checked;
  if (result == NULL) {
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'checked' of 'Template' is computed on first use in 'template_checked', and this test of 'checked' is outside the lock of the write [cpython-state-self-lazy-init]
// CHECK-NOTES: :[[@LINE+5]]:7: note: 'template_checked' changes 'checked' here, under a lock
// CHECK-NOTES: :[[@LINE-5]]:18: note: 'template_checked' is the method 'checked' of 'demo.Template': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-52]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
    Py_BEGIN_CRITICAL_SECTION(self);
    if (self->checked == NULL)
      self->checked = parse(self->source);
    result = self->checked;
    Py_END_CRITICAL_SECTION();
  }
  return Py_XNewRef(result);
}

static PyObject *template_locked(Template *self, PyObject *unused) {
  PyObject *result, *fresh = NULL;
  Py_BEGIN_CRITICAL_SECTION(self);
  result = Py_XNewRef(self->locked);
  Py_END_CRITICAL_SECTION();
  if (result != NULL)
    return result;
  if ((fresh = parse(self->source)) == NULL)
    return NULL;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (self->locked == NULL)
    self->locked = Py_NewRef(fresh);
  result = Py_NewRef(self->locked);
  Py_END_CRITICAL_SECTION();
  Py_DECREF(fresh);
  return result;
}

static PyObject *template_eager(Template *self, PyObject *unused) {
  return Py_NewRef(self->eager);
}

static PyObject *template_atomic(Template *self, PyObject *unused) {
  PyObject *result = __atomic_load_n(&self->atomic, __ATOMIC_ACQUIRE);
  if (result == NULL) {
    PyObject *expected = NULL;
    result = parse(self->source);
    if (result != NULL &&
        !__atomic_compare_exchange_n(&self->atomic, &expected, result, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      Py_DECREF(result);
      result = expected;
    }
  }
  return Py_XNewRef(result);
}

static PyObject *template_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Template *self = (Template *)type->tp_alloc(type, 0);
  if (self == NULL)
    return NULL;
  self->hash = -1;
  if (self->eager == NULL)
    self->eager = PyDict_New();
  return (PyObject *)self;
}

static void template_dealloc(Template *self) {
  if (self->tree != NULL)
    Py_CLEAR(self->tree);
  Py_TYPE(self)->tp_free(self);
}

static PyMethodDef template_methods[] = {
    {"expand", (PyCFunction)template_expand, METH_NOARGS, NULL},
    {"run", (PyCFunction)template_run, METH_NOARGS, NULL},
    {"checked", (PyCFunction)template_checked, METH_NOARGS, NULL},
    {"locked", (PyCFunction)template_locked, METH_NOARGS, NULL},
    {"eager", (PyCFunction)template_eager, METH_NOARGS, NULL},
    {"atomic", (PyCFunction)template_atomic, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef template_getset[] = {
    {"tree", (getter)template_get_tree, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
PyTypeObject Template_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Template",
    .tp_basicsize = sizeof(Template),
    .tp_dealloc = (destructor)template_dealloc,
    .tp_methods = template_methods,
    .tp_getset = template_getset,
    .tp_new = template_new,
};
