// RUN: %check_tidy %s cpython-state-self-unguarded-rmw,cpython-state-half-locked-field %t -python=3.13,3.15

#include <Python.h>
#include <stdlib.h>
#include <stddef.h>

typedef struct {
  PyObject_HEAD
  int *data;
  Py_ssize_t size;
  Py_ssize_t compared;  // while the caller of qsort() has the lock
  Py_ssize_t open;      // the same without one
} Obj;

typedef struct {
  Obj *self;
  int key;
} Search;

static int compare_locked(const void *a, const void *b) {
  const Search *search = (const Search *)a;
  search->self->compared++;
  return search->key - *(const int *)b;
}

static PyObject *obj_find(Obj *self, PyObject *arg) {
  Search search = {self, (int)PyLong_AsLong(arg)};
  void *found;
  Py_BEGIN_CRITICAL_SECTION(self);
  found = bsearch(&search, self->data, self->size, sizeof(int), compare_locked);
  self->compared = 0;
  Py_END_CRITICAL_SECTION();
  return PyBool_FromLong(found != NULL);
}

static int compare_open(const void *a, const void *b) {
  const Search *search = (const Search *)a;
  search->self->open++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'compare_open' changes 'open' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return search->key - *(const int *)b;
}

static PyObject *obj_search(Obj *self, PyObject *arg) {
  Search search = {self, (int)PyLong_AsLong(arg)};
  return PyBool_FromLong(bsearch(&search, self->data, self->size, sizeof(int), compare_open) != NULL);
}

// What is around a link of a list is no part of the list's head.
typedef struct Link {
  struct Link *next;
} Link;
typedef struct {
  long lines;
  Link link;
} Item;
typedef struct {
  PyObject_HEAD
  Link head;
} List;
static PyObject *list_step(List *self, PyObject *unused) {
  Item *item;
  Py_BEGIN_CRITICAL_SECTION(self);
  item = (Item *)((char *)self->head.next - offsetof(Item, link));
  Py_END_CRITICAL_SECTION();
  item->lines++;
  Py_RETURN_NONE;
}

static PyMethodDef obj_methods[] = {
    {"find", (PyCFunction)obj_find, METH_O, NULL},
    {"search", (PyCFunction)obj_search, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_methods = obj_methods,
};
static PyMethodDef list_methods[] = {
    {"step", (PyCFunction)list_step, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject List_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.List",
    .tp_basicsize = sizeof(List),
    .tp_methods = list_methods,
};
