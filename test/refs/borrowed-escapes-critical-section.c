// References read under a lock and used after it without one of their own.
// RUN: %check_tidy %s cpython-refs-borrowed-escapes-critical-section %t -python=3.13,3.15 -fix-min-python=3.13

#include <Python.h>

typedef struct {
  PyObject_HEAD
  PyObject *cache;
  PyObject *fixed;
  PyObject *items;
  PyMutex lock;
  PyObject *lazy;
  PyObject *memo;
  PyObject *often;
} Obj;

int use(PyObject *op);

static PyObject *get(Obj *self, void *closure) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'self->cache' is read under a lock, and the reference is used after the lock is released [cpython-refs-borrowed-escapes-critical-section]
  // CHECK-NOTES: :[[@LINE+5]]:10: note: the reference becomes strong only here
  // CHECK-NOTES: :[[@LINE+9]]:20: note: 'set' can replace it in another thread meanwhile
  // CHECK-FIXES: Py_XINCREF(v);
  Py_END_CRITICAL_SECTION();
  // CHECK-FIXES: return v;
  return Py_XNewRef(v);
}

static PyObject *set(Obj *self, PyObject *value) {
  Py_BEGIN_CRITICAL_SECTION(self);
  Py_XSETREF(self->cache, Py_NewRef(value));
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

// A statement of its own, after a test.
static PyObject *tested(Obj *self, PyObject *ignored) {
  PyObject *v;
  PyMutex_Lock(&self->lock);
  v = self->cache;
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'self->cache' is read under a lock
  // CHECK-NOTES: :[[@LINE+7]]:3: note: the reference becomes strong only here
  // CHECK-NOTES: :[[@LINE-12]]:20: note: 'set' can replace it
  // CHECK-FIXES: Py_XINCREF(v);
  PyMutex_Unlock(&self->lock);
  if (v == NULL)
    Py_RETURN_NONE;
  // CHECK-FIXES-REMOVED: Py_INCREF(v);
  Py_INCREF(v);
  return v;
}

// Used, and never made strong: no fix.
static PyObject *used(Obj *self, PyObject *ignored) {
  PyObject *v = NULL;
  int r;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'self->cache' is read under a lock
  // CHECK-NOTES: :[[@LINE+3]]:7: note: the reference is used here without the lock
  // CHECK-NOTES: :[[@LINE-30]]:20: note: 'set' can replace it
  Py_END_CRITICAL_SECTION();
  r = use(v);
  return PyLong_FromLong(r);
}

// An item of the list.
static PyObject *item(Obj *self, PyObject *list) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(list);
  // CHECK-FIXES: v = PyList_GetItemRef(list, PyList_GET_SIZE(list) - 1);
  v = PyList_GetItem(list, PyList_GET_SIZE(list) - 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after the lock held at the look-up is released
  // CHECK-NOTES: :[[@LINE-6]]:44: note: any thread that holds the object passed as argument 'list' can change it
  // CHECK-NOTES: :[[@LINE+4]]:10: note: the reference becomes strong only here
  // CHECK-NOTES: :[[@LINE-4]]:7: note: 'PyList_GetItemRef' returns a strong reference (Python 3.13, or pythoncapi_compat.h)
  Py_END_CRITICAL_SECTION();
  // CHECK-FIXES: return v;
  return Py_XNewRef(v);
}

// The reference is taken inside.
static PyObject *good(Obj *self, void *closure) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = Py_XNewRef(self->cache);
  Py_END_CRITICAL_SECTION();
  return v;
}
static PyObject *good_incref(Obj *self, void *closure) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  Py_XINCREF(v);
  Py_END_CRITICAL_SECTION();
  if (v != NULL && use(v) < 0)
    Py_CLEAR(v);
  return v;
}
static PyObject *good_item(Obj *self, PyObject *list) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(list);
  v = Py_XNewRef(PyList_GetItem(list, 0));
  Py_END_CRITICAL_SECTION();
  return v;
}

// Taken out: the field no longer holds it.
static PyObject *good_compare(Obj *self, void *closure) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  Py_END_CRITICAL_SECTION();
  return PyBool_FromLong(v != NULL && v != Py_None);
}

// Used under the lock only, and read anew afterwards.
static PyObject *good_use(Obj *self, void *closure) {
  int r;
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  r = use(v);
  Py_END_CRITICAL_SECTION();
  v = PyLong_FromLong(r);
  return v;
}

// Set once, before anybody has the object.
static PyObject *good_fixed(Obj *self, void *closure) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->fixed;
  Py_END_CRITICAL_SECTION();
  return Py_XNewRef(v);
}
static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self != NULL)
    self->fixed = PyTuple_New(0);
  return (PyObject *)self;
}

// The lock is of another object.
static PyObject *other(Obj *self, PyObject *args) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(args);
  v = self->cache;
  Py_END_CRITICAL_SECTION();
  return Py_XNewRef(v);
}

// Taken out of the field under the lock: it is the function's own now.
static PyObject *take(Obj *self, PyObject *ignored) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  self->cache = NULL;
  Py_END_CRITICAL_SECTION();
  if (v == NULL)
    Py_RETURN_NONE;
  return v;
}

// Made when first asked for, and then it stays.
static PyObject *lazily(Obj *self, PyObject *ignored) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->lazy;
  if (self->lazy == NULL) {
    v = PyDict_New();
    self->lazy = v;
  }
  Py_END_CRITICAL_SECTION();
  PyObject *memo;
  PyMutex_Lock(&self->lock);
  memo = self->memo;
  if (!memo) {
    self->memo = memo = PyDict_New();
  }
  PyMutex_Unlock(&self->lock);
  if (v == NULL || memo == NULL)
    return NULL;
  return PyLong_FromLong(use(v) + use(memo));
}

// Set in an object that a helper has just made.
static Obj *allocate(PyTypeObject *type) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self == NULL)
    return (Obj *)PyErr_NoMemory();
  return self;
}

static PyObject *copy(Obj *self, PyObject *memo) {
  Obj *other = allocate(Py_TYPE(self));
  if (other != NULL)
    other->memo = Py_NewRef(memo);
  return (PyObject *)other;
}

// A way out in between would keep the reference, and the other value has none.
static PyObject *none_first(Obj *self, PyObject *ignored) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'self->cache' is read under a lock
  // CHECK-NOTES: :[[@LINE+5]]:3: note: the reference becomes strong only here
  // CHECK-NOTES: note: 'set' can replace it
  Py_END_CRITICAL_SECTION();
  if (v == Py_None)
    return NULL;
  Py_INCREF(v);
  return v;
}

static PyObject *either(Obj *self, PyObject *ignored) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->cache;
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'self->cache' is read under a lock
  // CHECK-NOTES: :[[@LINE+5]]:10: note: the reference becomes strong only here
  // CHECK-NOTES: note: 'set' can replace it
  if (v == NULL)
    v = ignored;
  Py_END_CRITICAL_SECTION();
  return Py_XNewRef(v);
}

// Made when it is there already.
static PyObject *anew(Obj *self, PyObject *ignored) {
  PyObject *v;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = self->often;
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'self->often' is read under a lock
  // CHECK-NOTES: :[[@LINE+7]]:12: note: the reference is used here without the lock
  // CHECK-NOTES: :[[@LINE+3]]:11: note: 'anew' can replace it
  if (self->often != NULL) {
    Py_DECREF(self->often);
    self->often = PyDict_New();
  }
  Py_END_CRITICAL_SECTION();
  if (v && use(v) < 0)
    return NULL;
  Py_RETURN_NONE;
}

// A pointer into a string is as good as the string.
static PyObject *text(Obj *self, PyObject *ignored) {
  const char *s;
  Py_BEGIN_CRITICAL_SECTION(self);
  s = PyUnicode_AsUTF8(self->cache);
  // CHECK-MESSAGES: :[[@LINE-1]]:24: warning: 'self->cache' is read under a lock, and a pointer into it is used after the lock is released
  // CHECK-NOTES: :[[@LINE+5]]:31: note: the pointer is used here without the lock
  // CHECK-NOTES: note: 'set' can replace it
  Py_END_CRITICAL_SECTION();
  if (s == NULL)
    return NULL;
  return PyUnicode_FromString(s);
}
static PyObject *good_text(Obj *self, PyObject *ignored) {
  const char *s;
  PyObject *r = NULL;
  Py_BEGIN_CRITICAL_SECTION(self);
  s = PyUnicode_AsUTF8(self->cache);
  if (s != NULL)
    r = PyUnicode_FromString(s);
  Py_END_CRITICAL_SECTION();
  return s == NULL ? NULL : r;
}
static PyObject *good_kept_text(Obj *self, PyObject *ignored) {
  PyObject *v, *r;
  const char *s;
  Py_BEGIN_CRITICAL_SECTION(self);
  v = Py_NewRef(self->cache);
  Py_END_CRITICAL_SECTION();
  s = PyUnicode_AsUTF8(v);
  r = s ? PyUnicode_FromString(s) : NULL;
  Py_DECREF(v);
  return r;
}

static PyMethodDef methods[] = {
    {"text", (PyCFunction)(void *)text, METH_NOARGS, NULL},
    {"good_text", (PyCFunction)(void *)good_text, METH_NOARGS, NULL},
    {"good_kept_text", (PyCFunction)(void *)good_kept_text, METH_NOARGS, NULL},
    {"lazily", (PyCFunction)(void *)lazily, METH_NOARGS, NULL},
    {"anew", (PyCFunction)(void *)anew, METH_NOARGS, NULL},
    {"copy", (PyCFunction)(void *)copy, METH_O, NULL},
    {"none_first", (PyCFunction)(void *)none_first, METH_NOARGS, NULL},
    {"either", (PyCFunction)(void *)either, METH_NOARGS, NULL},
    {"set", (PyCFunction)(void *)set, METH_O, NULL},
    {"tested", (PyCFunction)(void *)tested, METH_NOARGS, NULL},
    {"used", (PyCFunction)(void *)used, METH_NOARGS, NULL},
    {"item", (PyCFunction)(void *)item, METH_O, NULL},
    {"good_item", (PyCFunction)(void *)good_item, METH_O, NULL},
    {"other", (PyCFunction)(void *)other, METH_VARARGS, NULL},
    {"take", (PyCFunction)(void *)take, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef getset[] = {
    {"cache", (getter)get, NULL, NULL, NULL},
    {"good", (getter)good, NULL, NULL, NULL},
    {"good_incref", (getter)good_incref, NULL, NULL, NULL},
    {"good_compare", (getter)good_compare, NULL, NULL, NULL},
    {"good_use", (getter)good_use, NULL, NULL, NULL},
    {"good_fixed", (getter)good_fixed, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_methods, methods}, {Py_tp_getset, getset}, {Py_tp_new, make}, {0, NULL},
};
PyType_Spec spec = {.name = "escapes.Obj", .basicsize = sizeof(Obj), .slots = slots};
