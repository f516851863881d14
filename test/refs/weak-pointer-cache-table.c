// RUN: %check_tidy %s cpython-refs-weak-pointer-cache %t -python=3.13,3.15

// Tables of a C library that hold objects without a reference.

#include <Python.h>

typedef struct table table;
int table_insert(table *t, const void *key, void *value);
int table_remove(table *t, const void *key, void **value);
int table_lookup(table *t, const void *key, void **value);

typedef struct {
  table *weak, *strong, *numbers;
} Map;

void weak_add(Map *map, const void *key, PyObject *object) {
  table_insert(map->weak, key, object);
}
void weak_delete(Map *map, const void *key) {
  table_remove(map->weak, key, NULL);
}
PyObject *weak_get(Map *map, const void *key) {
  void *value;
  if (!table_lookup(map->weak, key, &value))
    return NULL;
  PyObject *found = (PyObject *)value;
  Py_INCREF(found);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'weak_get' takes a reference to the object in 'weak', which may be dying: 'weak' does not own it [cpython-refs-weak-pointer-cache]
  // CHECK-NOTES: :[[@LINE-12]]:3: note: it is put in without a reference of its own here
  // CHECK-NOTES: :[[@LINE-10]]:3: note: it is taken out here without giving a reference up
  return found;
}

//===--- Not reported --------------------------------------------------------===//

// The table owns what is in it.
void strong_add(Map *map, const void *key, PyObject *object) {
  table_insert(map->strong, key, Py_NewRef(object));
}
void strong_delete(Map *map, const void *key) {
  void *value = NULL;
  table_remove(map->strong, key, &value);
  Py_XDECREF((PyObject *)value);
}
PyObject *strong_get(Map *map, const void *key) {
  void *value;
  if (!table_lookup(map->strong, key, &value))
    return NULL;
  PyObject *found = (PyObject *)value;
  Py_INCREF(found);
  return found;
}

// No objects.
void number_add(Map *map, const void *key, void *number) {
  table_insert(map->numbers, key, number);
}
void number_delete(Map *map, const void *key) {
  table_remove(map->numbers, key, NULL);
}
PyObject *number_get(Map *map, const void *key) {
  void *value;
  PyObject *none = Py_None;
  if (table_lookup(map->numbers, key, &value))
    return PyLong_FromVoidPtr(value);
  Py_INCREF(none);
  return none;
}
