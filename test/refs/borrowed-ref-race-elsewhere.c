// Containers that other files of the extension have.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -python=3.13 -no-fix -- -- -I%S/Inputs

#include "elsewhere.h"

static PyObject *in_registry(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(registry, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on 'registry' is used after another thread may have dropped it [cpython-refs-borrowed-ref-race]
  return v ? PyObject_Str(v) : NULL;
}

// A fixed name is rather looked up in a table that is filled once.
static PyObject *by_name(PyObject *m, PyObject *ignored) {
  PyObject *v = PyDict_GetItemString(registry, "name");
  return v ? PyObject_Str(v) : NULL;
}

// Only compared.
static PyObject *has(PyObject *m, PyObject *key) {
  return PyBool_FromLong(PyDict_GetItemWithError(registry, key) != NULL);
}

// Filled while the module is imported, and nowhere else that is seen.
static int exec(PyObject *m) {
  return PyDict_SetItemString(filled, "module", m);
}
static PyObject *in_filled(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(filled, key);
  return v ? PyObject_Str(v) : NULL;
}

// A function elsewhere lends the dict it keeps.
static PyObject *lent(PyObject *m, PyObject *key) {
  PyObject *d = get_registry();
  if (d == NULL)
    return NULL;
  PyObject *v = PyDict_GetItemWithError(d, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on 'd'
  return v ? PyObject_Str(v) : NULL;
}
static PyObject *lent_at_once(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(get_registry(), key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on 'get_registry()'
  return v ? PyObject_Str(v) : NULL;
}

// It makes a new one for us.
static PyObject *made(PyObject *m, PyObject *key) {
  PyObject *d = new_table(m), *v, *r = NULL;
  if (d == NULL)
    return NULL;
  v = PyDict_GetItemWithError(d, key);
  if (v != NULL)
    r = PyObject_Str(v);
  Py_DECREF(d);
  return r;
}
static PyObject *cleared(PyObject *m, PyObject *key) {
  PyObject *d = new_table(m), *v, *r = NULL;
  if (d != NULL && (v = PyDict_GetItemWithError(d, key)) != NULL)
    r = PyObject_Str(v);
  Py_CLEAR(d);
  return r;
}
static PyObject *given_back(PyObject *m, PyObject *key) {
  PyObject *d = new_table(m);
  PyObject *v = d ? PyDict_GetItemWithError(d, key) : NULL;
  if (v != NULL && PyObject_Print(v, stdout, 0) < 0)
    return NULL;
  return d;
}

// The place for the results is an element of an array.
static PyObject *elements(PyObject *m, PyObject *dict) {
  PyObject *items[2], *all = PyList_New(0);
  Py_ssize_t at = 0;
  for (Py_ssize_t i = 0; all != NULL && i < 2; i++)
    items[i] = PyList_GetItem(dict, i);
  // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: borrowed reference from 'PyList_GetItem' on 'dict'
  while (all != NULL && PyDict_Next(dict, &at, &items[0], &items[1]))
    PyList_Append(all, items[1]);
  return all;
}

// Tables of functions.
typedef PyObject *(*lookup)(PyObject *, PyObject *);
static const lookup getters[] = {PyDict_GetItem, &PyDict_GetItemWithError};
static const struct {
  const char *name;
  lookup get;
} table = {"plain", PyDict_GetItem};
static PyObject *own(PyObject *dict, PyObject *key) { return PyObject_GetItem(dict, key); }
static const lookup mixed[] = {PyDict_GetItem, own};
static PyObject *tables(PyObject *m, PyObject *dict) {
  PyObject *a = getters[Py_REFCNT(dict) & 1](dict, m);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'dict'
  PyObject *b = table.get(dict, m);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'dict'
  PyObject *c = mixed[1](dict, m);
  return a && b && c ? PyTuple_Pack(3, a, b, c) : NULL;
}

// What is only filled while the object is made does not change later, even when
// helpers fill it; what a helper fills in an object that Python has does.
typedef struct {
  PyObject_HEAD
  PyObject *fields, *names;
} Set;
static int add_field(Set *self, PyObject *v) {
  return PyList_Append(self->fields, v);
}
static int add_all(Set *self, PyObject *v, int depth) {
  if (depth == 0)
    return add_field(self, v);
  return add_all(self, v, depth - 1);
}
static int add_name(Set *self, PyObject *v) {
  return PyList_Append(self->names, v);
}
static PyObject *set_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Set *self = (Set *)type->tp_alloc(type, 0);
  if (self == NULL)
    return NULL;
  self->fields = PyList_New(0);
  self->names = PyList_New(0);
  if (self->fields == NULL || self->names == NULL ||
      add_all(self, args, 2) < 0 || add_name(self, args) < 0) {
    Py_DECREF(self);
    return NULL;
  }
  return (PyObject *)self;
}
static PyObject *set_item(PyObject *op, Py_ssize_t i) {
  PyObject *item = PyList_GetItem(((Set *)op)->fields, i);
  return Py_XNewRef(item);
}
static PyObject *set_name(PyObject *op, PyObject *v) {
  PyObject *item = PyList_GetItem(((Set *)op)->names, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on '((Set *)op)->names'
  if (item == NULL || add_name((Set *)op, v) < 0)
    return NULL;
  return Py_NewRef(item);
}
// Helpers that call each other and are called through a table: with any object.
typedef struct {
  PyObject_HEAD
  PyObject *memo;
} Memo;
typedef PyObject *(*remember)(Memo *, PyObject *);
static PyObject *remembered(Memo *self, PyObject *key, int depth);
static PyObject *keep(Memo *self, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(self->memo, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on 'self->memo'
  if (v == NULL && PyDict_SetItem(self->memo, key, key) < 0)
    return NULL;
  return Py_XNewRef(v);
}
static PyObject *again(Memo *self, PyObject *key) {
  return remembered(self, key, 0);
}
static PyObject *remembered(Memo *self, PyObject *key, int depth) {
  return depth ? again(self, key) : keep(self, key);
}
remember ways[] = {keep, again};

static PyMethodDef set_methods[] = {{"name", set_name, METH_O, NULL}, {0}};
static PyType_Slot set_slots[] = {{Py_tp_new, set_new},
                                  {Py_sq_item, set_item},
                                  {Py_tp_methods, set_methods},
                                  {0, NULL}};
PyType_Spec set_spec = {"m.Set", sizeof(Set), 0, Py_TPFLAGS_DEFAULT, set_slots};

// Methods whose table is in another file: the arguments of a call belong to it.
PyObject *run(PyObject *self, PyObject *args, PyObject *kwds) {
  PyObject *v = kwds ? PyDict_GetItemString(kwds, "out") : NULL;
  return v ? PyObject_Str(v) : NULL;
}
PyObject *merge(PyObject *self, PyObject *other, PyObject *options) {
  PyObject *v = PyDict_GetItemString(options, "out");
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemString' on 'options'
  return v ? PyObject_Str(v) : NULL;
}

static PyMethodDef methods[] = {{"in_registry", in_registry, METH_O, NULL},
                                {"by_name", by_name, METH_NOARGS, NULL},
                                {"has", has, METH_O, NULL},
                                {"in_filled", in_filled, METH_O, NULL},
                                {"lent", lent, METH_O, NULL},
                                {"lent_at_once", lent_at_once, METH_O, NULL},
                                {"made", made, METH_O, NULL},
                                {"cleared", cleared, METH_O, NULL},
                                {"given_back", given_back, METH_O, NULL},
                                {"elements", elements, METH_O, NULL},
                                {"tables", tables, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec},
                                   {Py_mod_gil, Py_MOD_GIL_NOT_USED},
                                   {0, NULL}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "m", .m_methods = methods,
                          .m_slots = slots};
PyMODINIT_FUNC PyInit_m(void) { return PyModuleDef_Init(&def); }
