// Locks that are taken by whoever calls, or by who is called.
// RUN: %check_tidy %s cpython-state-half-locked-field %t -python=3.13 -config=ft

#include <Python.h>
#include <assert.h>

typedef struct {
  PyObject_HEAD
  int used, next, marks, notes, seen, kind;
  PyObject *registry;
} Table;

// An object that comes in a struct is under the lock that the caller has taken.
typedef struct {
  Table *table;
  int at;
} Finder;
static int find_next(Finder *finder) {
  if (finder->at >= finder->table->used)
    return 0;
  finder->at++;
  return 1;
}
// What only assertions look at does not count.
static int check(Table *self) { return self->used >= 0; }

static PyObject *table_find(Table *self, PyObject *unused) {
  int found;
  assert(check(self));
  Py_BEGIN_CRITICAL_SECTION(self);
  Finder finder = {self, 0};
  found = find_next(&finder);
  Py_END_CRITICAL_SECTION();
  assert(self->used >= 0);
  return PyLong_FromLong(found);
}
static PyObject *table_add(Table *self, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->used++;
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// Without the lock.
static PyObject *table_next(Table *self, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(self);
  self->next++;
  Py_END_CRITICAL_SECTION();
  return PyLong_FromLong(self->next);
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'table_next' reads 'next' of 'Table' without the lock that 'table_next' holds where it changes it [cpython-state-half-locked-field]
}

// The helper that is given the address takes the lock.
static int add_to(Table *self, PyObject **where, PyObject *value) {
  PyObject *set;
  Py_BEGIN_CRITICAL_SECTION(self);
  if (*where == NULL)
    *where = PySet_New(NULL);
  set = Py_XNewRef(*where);
  Py_END_CRITICAL_SECTION();
  if (set == NULL)
    return -1;
  int result = PySet_Add(set, value);
  Py_DECREF(set);
  return result;
}
static PyObject *table_register(Table *self, PyObject *value) {
  if (add_to(self, &self->registry, value) < 0)
    return NULL;
  Py_RETURN_NONE;
}
static PyObject *table_forget(Table *self, PyObject *unused) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_CLEAR(self->registry);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// A parameter says whether to lock; whoever says no takes no part in this.
typedef int (*operation)(Table *);
static int count_up(Table *self) { return self->marks++; }
static int nothing(Table *self) { return 0; }
static int with_lock(Table *self, int lock, operation op) {
  int result;
  if (!lock)
    return op(self);
  Py_BEGIN_CRITICAL_SECTION(self);
  result = self->marks + op(self);
  Py_END_CRITICAL_SECTION();
  return result;
}
static PyObject *table_mark(Table *self, PyObject *unused) { return PyLong_FromLong(with_lock(self, 1, count_up)); }
static int step(Table *self) { return self->kind; }
static PyObject *table_step(Table *self, PyObject *unused) { return PyLong_FromLong(with_lock(self, 0, step)); }
static void set_note(Table *self, int lock) {
  if (lock) {
    Py_BEGIN_CRITICAL_SECTION(self);
    self->notes++;
    Py_END_CRITICAL_SECTION();
  } else {
    self->notes++;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'set_note' changes 'notes' of 'Table' without the lock that 'table_note' holds where it changes it
  }
}
static PyObject *table_note(Table *self, PyObject *unused) {
  set_note(self, 1);
  Py_RETURN_NONE;
}
static PyObject *table_hurry(Table *self, PyObject *unused) {
  set_note(self, 0);
  Py_RETURN_NONE;
}
static void set_seen(Table *self, int lock) {
  if (lock) {
    Py_BEGIN_CRITICAL_SECTION(self);
    self->seen++;
    Py_END_CRITICAL_SECTION();
  } else {
    self->seen++;
  }
}
static PyObject *table_see(Table *self, PyObject *unused) {
  set_seen(self, 1);
  return PyLong_FromLong(with_lock(self, 1, nothing));
}

static PyMethodDef table_methods[] = {{"find", (PyCFunction)table_find, METH_NOARGS, NULL},
                                      {"add", (PyCFunction)table_add, METH_NOARGS, NULL},
                                      {"next", (PyCFunction)table_next, METH_NOARGS, NULL},
                                      {"register", (PyCFunction)table_register, METH_O, NULL},
                                      {"forget", (PyCFunction)table_forget, METH_NOARGS, NULL},
                                      {"mark", (PyCFunction)table_mark, METH_NOARGS, NULL},
                                      {"note", (PyCFunction)table_note, METH_NOARGS, NULL},
                                      {"hurry", (PyCFunction)table_hurry, METH_NOARGS, NULL},
                                      {"step", (PyCFunction)table_step, METH_NOARGS, NULL},
                                      {"see", (PyCFunction)table_see, METH_NOARGS, NULL},
                                      {NULL, NULL, 0, NULL}};
PyTypeObject Table_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Table",
    .tp_basicsize = sizeof(Table),
    .tp_methods = table_methods,
};
