// RUN: %check_tidy %s cpython-refs-refcnt-uniqueness %t -no-fix

#include <Python.h>
#include <assert.h>
#include <stdio.h>

typedef struct {
  PyObject_HEAD
  PyObject *cache;
} Thing;

static PyObject *append(Thing *self, PyObject *v) {
  if (Py_REFCNT(self->cache) == 1) {
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: the reference count of 'self->cache' does not tell whether others have the object [cpython-refs-refcnt-uniqueness]
    // CHECK-NOTES: :[[@LINE-2]]:7: note: other threads count their references apart, and the one that owns the object may be another thread
    // CHECK-NOTES: :[[@LINE-3]]:7: note: 'PyUnstable_Object_IsUniquelyReferenced' does (Python 3.14, or pythoncapi_compat.h); what is done when it says no must be right too
    if (PyList_Append(self->cache, v) < 0)
      return NULL;
    return Py_NewRef(self->cache);
  }
  return PySequence_List(self->cache);
}

// The caller's own references may not be counted.
static PyObject *reuse(PyObject *m, PyObject *arg) {
  if (1 < Py_REFCNT(arg))
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: the reference count of 'arg' does not tell whether others have the object
    // CHECK-NOTES: :[[@LINE-2]]:7: note: the caller's reference is not counted when the interpreter has only borrowed it for the call (since Python 3.14), and other threads count theirs apart
    // CHECK-NOTES: :[[@LINE-3]]:7: note: 'PyUnstable_Object_IsUniqueReferencedTemporary' does (Python 3.14); what is done when it says no must be right too
    return PySequence_List(arg);
  return Py_NewRef(arg);
}

static int shared(Thing *self) {
  return Py_REFCNT(self->cache) > 2 || Py_REFCNT(self->cache) < 2;
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: the reference count of 'self->cache' does not tell whether others have the object
  // CHECK-NOTES: :[[@LINE-2]]:10: note: other threads count their references apart, and the one that owns the object may be another thread
  // CHECK-NOTES: :[[@LINE-3]]:10: note: 'PyUnstable_Object_IsUniquelyReferenced' does (Python 3.14, or pythoncapi_compat.h); what is done when it says no must be right too
  // CHECK-MESSAGES: :[[@LINE-4]]:40: warning: the reference count of 'self->cache' does not tell whether others have the object
  // CHECK-NOTES: :[[@LINE-5]]:40: note: other threads count their references apart, and the one that owns the object may be another thread
  // CHECK-NOTES: :[[@LINE-6]]:40: note: 'PyUnstable_Object_IsUniquelyReferenced' does (Python 3.14, or pythoncapi_compat.h); what is done when it says no must be right too
}

//===--- Not reported --------------------------------------------------------===//

// Made here, and nobody was told.
static PyObject *made_here(PyObject *m, PyObject *arg) {
  PyObject *list = PyList_New(0);
  if (list == NULL || PyList_Append(list, arg) < 0)
    return NULL;
  if (Py_REFCNT(list) == 1)
    PyList_Sort(list);
  return list;
}

// For people to read.
static PyObject *print(Thing *self, PyObject *ignored) {
  assert(Py_REFCNT(self->cache) == 1);
  printf("%zd references\n", Py_REFCNT(self->cache));
  return PyLong_FromSsize_t(Py_REFCNT(self->cache) - 1);
}

// The number is kept in a variable.
static PyObject *kept(PyObject *m, PyObject *list) {
  Py_ssize_t references = Py_REFCNT(list);
  if (PyList_CheckExact(list) && references == 1)
    // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: the reference count of 'list' does not tell whether others have the object
    // CHECK-NOTES: :[[@LINE-2]]:34: note: the caller's reference is not counted
    // CHECK-NOTES: :[[@LINE-3]]:34: note: 'PyUnstable_Object_IsUniqueReferencedTemporary' does
    PyList_Sort(list);
  return PyLong_FromSsize_t(references);
}

// An object that dies.
static void dealloc(Thing *self) {
  if (Py_REFCNT(self->cache) == 1)
    PyDict_Clear(self->cache);
  if (Py_REFCNT(self) > 0)
    return;
  Py_CLEAR(self->cache);
  Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef thing_methods[] = {
    {"append", (PyCFunction)append, METH_O, NULL},
    {"print", (PyCFunction)print, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot thing_slots[] = {{Py_tp_methods, thing_methods},
                                    {Py_tp_dealloc, (void *)dealloc},
                                    {0, NULL}};
PyType_Spec thing_spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT,
                          thing_slots};
PyMethodDef methods[] = {{"reuse", reuse, METH_O, NULL},
                         {"kept", kept, METH_O, NULL},
                         {"made_here", made_here, METH_O, NULL},
                         {"shared", (PyCFunction)(void (*)(void))shared, METH_NOARGS, NULL},
                         {NULL, NULL, 0, NULL}};
