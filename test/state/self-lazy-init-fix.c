// RUN: %check_tidy %s cpython-state-self-lazy-init %t -python=3.13,3.15 -fix-notes

#include <Python.h>

PyObject *parse(PyObject *source);

// Python code runs while the tree is made: the first one wins.
typedef struct {
  PyObject_HEAD
  PyObject *source;
  PyObject *tree;
} Template;

static PyObject *template_expand(Template *self, PyObject *unused) {
  if (self->tree == NULL) {
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tree' of 'Template' is computed on first use without a lock; two threads in 'template_expand' can both find 'tree' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
// CHECK-NOTES: :[[@LINE+6]]:5: note: 'template_expand' changes 'tree' here without a lock
// CHECK-NOTES: :[[@LINE+6]]:9: note: 'template_expand' reads 'tree' here without a lock
// CHECK-NOTES: :[[@LINE+8]]:10: note: 'template_expand' reads 'tree' here without a lock
// CHECK-NOTES: :[[@LINE+11]]:10: note: 'template_get_tree' reads 'tree' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:18: note: 'template_expand' is the method 'expand' of 'demo.Template': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-11]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
    self->tree = parse(self->source);
    if (self->tree == NULL)
      return NULL;
  }
  return Py_NewRef(self->tree);
}

static PyObject *template_get_tree(Template *self, void *closure) {
  return Py_XNewRef(self->tree);
}

static PyMethodDef template_methods[] = {
    {"expand", (PyCFunction)template_expand, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef template_getset[] = {
    {"tree", (getter)template_get_tree, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};
PyTypeObject Template_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Template",
    .tp_basicsize = sizeof(Template),
    .tp_methods = template_methods,
    .tp_getset = template_getset,
};

// Nothing else runs while the table is made: one section is enough.
typedef struct {
  PyObject_HEAD
  int *table;
  Py_ssize_t size;
} Table;

static PyObject *table_first(Table *self, PyObject *unused)
{
  if (!self->table) {
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'table' of 'Table' is computed on first use without a lock; two threads in 'table_first' can both find 'table' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
// CHECK-NOTES: :[[@LINE+6]]:5: note: 'table_first' changes 'table' here without a lock
// CHECK-NOTES: :[[@LINE+7]]:8: note: 'table_first' reads 'table' here without a lock
// CHECK-NOTES: :[[@LINE+8]]:26: note: 'table_first' reads 'table' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:18: note: 'table_first' is the method 'first' of 'demo.Table': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-12]]:8: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
    self->size = 10;
    self->table = PyMem_Calloc(10, sizeof(int));
  }
  if (!self->table)
    return PyErr_NoMemory();
  return PyLong_FromLong(self->table[0]);
}

static PyMethodDef table_methods[] = {
    {"first", (PyCFunction)table_first, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Table_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Table",
    .tp_basicsize = sizeof(Table),
    .tp_methods = table_methods,
};

// Two values that belong together, and Python code runs in between: for a person.
typedef struct {
  PyObject_HEAD
  PyObject *key, *value;
} Pair;

static PyObject *pair_get(Pair *self, PyObject *arg) {
  if (self->key == NULL) {
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'key' and 'value' of 'Pair' are computed on first use without a lock; two threads in 'pair_get' can both find 'key' missing, and see some of them set and others not [cpython-state-self-lazy-init]
// CHECK-NOTES: :[[@LINE+5]]:5: note: 'pair_get' changes 'key' here without a lock
// CHECK-NOTES: :[[@LINE+5]]:5: note: 'pair_get' changes 'value' here without a lock
// CHECK-NOTES: :[[@LINE+6]]:26: note: 'pair_get' reads 'key' here without a lock
// CHECK-NOTES: :[[@LINE-6]]:18: note: 'pair_get' is the method 'get' of 'demo.Pair': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-10]]:13: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it; not rewritten automatically: 'parse' can suspend a critical section between the uses in 'pair_get'
    self->key = parse(arg);
    self->value = parse(arg);
  }
  return PyTuple_Pack(2, self->key, self->value);
}

static PyMethodDef pair_methods[] = {
    {"get", (PyCFunction)pair_get, METH_O, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Pair_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Pair",
    .tp_basicsize = sizeof(Pair),
    .tp_methods = pair_methods,
};

// CHECK-FIXES: static PyObject *template_expand_lock_held(Template *self, PyObject *unused) {
// CHECK-FIXES: PyObject *fresh = parse(self->source);
// CHECK-FIXES: if (self->tree == NULL) {
// CHECK-FIXES: self->tree = fresh;
// CHECK-FIXES: }
// CHECK-FIXES: else {
// CHECK-FIXES: /* Another thread was faster. */
// CHECK-FIXES: Py_XDECREF(fresh);
// CHECK-FIXES: PyErr_Clear();
// CHECK-FIXES: }
// CHECK-FIXES: static PyObject *template_expand(Template *self, PyObject *unused) {
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = template_expand_lock_held(self, unused);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
// CHECK-FIXES: }
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = Py_XNewRef(self->tree);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
// CHECK-FIXES: static PyObject *table_first_lock_held(Table *self, PyObject *unused)
// CHECK-FIXES: }
// CHECK-FIXES: static PyObject *table_first(Table *self, PyObject *unused)
// CHECK-FIXES: {
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = table_first_lock_held(self, unused);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
