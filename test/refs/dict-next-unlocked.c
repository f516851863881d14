// RUN: %check_tidy %s cpython-refs-dict-next-unlocked %t -python=3.13,3.15 -no-fix

#include <Python.h>

int use(PyObject *op); // May run Python code.

typedef struct {
  PyObject_HEAD
  PyObject *cache;  // Changed by a method.
  PyObject *fixed;  // Filled while the object is made, then only read.
} Thing;

static PyObject *store(Thing *self, PyObject *key) {
  if (PyDict_SetItem(self->cache, key, Py_None) < 0)
    return NULL;
  Py_RETURN_NONE;
}

//===--- No section ----------------------------------------------------------===//

static PyObject *sum(PyObject *m, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  double total = 0;
  while (PyDict_Next(dict, &pos, &key, &value)) {
    // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyDict_Next' steps through 'dict' without its critical section, while another thread may change it [cpython-refs-dict-next-unlocked]
    // CHECK-NOTES: :[[@LINE-6]]:45: note: any thread that holds the object passed as argument 'dict' can change it
    // CHECK-NOTES: :[[@LINE-3]]:3: note: a critical section has to enclose this loop
    if (PyFloat_Check(value))
      total += PyFloat_AS_DOUBLE(value);
  }
  return PyFloat_FromDouble(total);
}

static PyObject *count(Thing *self, PyObject *ignored) {
  PyObject *key;
  Py_ssize_t pos, n = 0;
  for (pos = 0; PyDict_Next(self->cache, &pos, &key, NULL);)
    // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: 'PyDict_Next' steps through 'self->cache' without
    // CHECK-NOTES: :[[@LINE-26]]:7: note: another thread can change 'cache' in 'store'
    // CHECK-NOTES: :[[@LINE-3]]:3: note: a critical section has to enclose this loop
    n++;
  return PyLong_FromSsize_t(n);
}

// One step at a time, without a loop here.
static PyObject *first_key(PyObject *m, PyObject *dict) {
  PyObject *key;
  Py_ssize_t pos = 0;
  if (!PyDict_Next(dict, &pos, &key, NULL))
    // CHECK-MESSAGES: :[[@LINE-1]]:8: warning: 'PyDict_Next' steps through 'dict' without
    // CHECK-NOTES: :[[@LINE-5]]:51: note: any thread that holds the object passed as argument 'dict' can change it
    Py_RETURN_NONE;
  return Py_NewRef(key);
}

// The loop around it begins anew each time.
static PyObject *first_keys(PyObject *m, PyObject *const *dicts, Py_ssize_t n) {
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *key;
    Py_ssize_t pos = 0;
    PyObject *dict = dicts[i];
    Py_BEGIN_CRITICAL_SECTION(dict);
    if (PyDict_Next(dict, &pos, &key, NULL))
      Py_INCREF(key);
    Py_END_CRITICAL_SECTION();
  }
  Py_RETURN_NONE;
}

// A helper whose callers hand it an argument of theirs.
static int all_strings(PyObject *dict) {
  PyObject *key;
  Py_ssize_t pos = 0;
  int ok = 1;
  while (ok && PyDict_Next(dict, &pos, &key, NULL))
    // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'PyDict_Next' steps through 'dict' without
    // CHECK-NOTES: :[[@LINE+5]]:58: note: any thread that holds the object passed as argument 'arg' can change it
    // CHECK-NOTES: :[[@LINE-3]]:3: note: a critical section has to enclose this loop
    ok = PyUnicode_Check(key);
  return ok;
}
static PyObject *call_all_strings(PyObject *m, PyObject *arg) {
  return PyBool_FromLong(all_strings(arg));
}

//===--- A section in the wrong place ----------------------------------------===//

static PyObject *locked_steps(PyObject *m, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  int more = 1;
  while (more) {
    Py_BEGIN_CRITICAL_SECTION(dict);
    more = PyDict_Next(dict, &pos, &key, &value);
    // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: the lock on 'dict' is given back between the steps of 'PyDict_Next', while another thread may change it
    // CHECK-NOTES: :[[@LINE-8]]:54: note: any thread that holds the object passed as argument 'dict' can change it
    // CHECK-NOTES: :[[@LINE-5]]:3: note: the critical section has to enclose this loop
    if (more)
      Py_INCREF(value);
    Py_END_CRITICAL_SECTION();
    if (more) {
      use(value);
      Py_DECREF(value);
    }
  }
  Py_RETURN_NONE;
}

static PyObject *after_suspension(PyObject *m, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  int error = 0;
  Py_BEGIN_CRITICAL_SECTION(dict);
  while (!error && PyDict_Next(dict, &pos, &key, &value)) {
    error = use(key) < 0;
    error = error || use(value) < 0;
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: item of 'dict', borrowed with 'PyDict_Next', is used after the critical section may have been suspended
    // CHECK-NOTES: :[[@LINE-3]]:13: note: 'use' can suspend it
    // CHECK-NOTES: :[[@LINE-10]]:58: note: meanwhile, any thread that holds the object passed as argument 'dict' can change it
  }
  Py_END_CRITICAL_SECTION();
  return error ? NULL : Py_NewRef(Py_None);
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *locked(PyObject *m, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  int error = 0;
  Py_BEGIN_CRITICAL_SECTION(dict);
  while (!error && PyDict_Next(dict, &pos, &key, &value)) {
    Py_INCREF(value);
    error = use(key) < 0;
    error = error || use(value) < 0;
    Py_DECREF(value);
  }
  Py_END_CRITICAL_SECTION();
  return error ? NULL : Py_NewRef(Py_None);
}

static int locked_by_caller(PyObject *dict) {
  PyObject *key;
  Py_ssize_t pos = 0;
  while (PyDict_Next(dict, &pos, &key, NULL))
    if (!PyUnicode_Check(key))
      return 0;
  return 1;
}
static PyObject *caller(PyObject *m, PyObject *arg) {
  int ok;
  Py_BEGIN_CRITICAL_SECTION(arg);
  ok = locked_by_caller(arg);
  Py_END_CRITICAL_SECTION();
  return PyBool_FromLong(ok);
}

static PyObject *own_section(Thing *self, PyObject *ignored) {
  PyObject *key;
  Py_ssize_t pos = 0, n = 0;
  Py_BEGIN_CRITICAL_SECTION(self);
  while (PyDict_Next(self->cache, &pos, &key, NULL))
    n++;
  Py_END_CRITICAL_SECTION();
  return PyLong_FromSsize_t(n);
}

// The section exists in one build only.
static PyObject *locked_if_needed(PyObject *m, PyObject *dict) {
  PyObject *key;
  Py_ssize_t pos = 0, n = 0;
#if PY_VERSION_HEX >= 0x030D0000 && defined(Py_GIL_DISABLED)
  Py_BEGIN_CRITICAL_SECTION(dict);
#endif
  while (PyDict_Next(dict, &pos, &key, NULL))
    n++;
#if PY_VERSION_HEX >= 0x030D0000 && defined(Py_GIL_DISABLED)
  Py_END_CRITICAL_SECTION();
#endif
  return PyLong_FromSsize_t(n);
}

// The keyword dict belongs to the call, a copy to the function.
static PyObject *keywords(PyObject *m, PyObject *args, PyObject *kwargs) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  while (kwargs && PyDict_Next(kwargs, &pos, &key, &value))
    if (use(value) < 0)
      return NULL;
  Py_RETURN_NONE;
}

static PyObject *copied(PyObject *m, PyObject *dict) {
  PyObject *copy = PyDict_Copy(dict), *key, *value;
  Py_ssize_t pos = 0;
  if (copy == NULL)
    return NULL;
  while (PyDict_Next(copy, &pos, &key, &value))
    if (use(value) < 0)
      break;
  Py_DECREF(copy);
  Py_RETURN_NONE;
}

// Nothing changes it once the object is made.
static PyObject *constant(Thing *self, PyObject *ignored) {
  PyObject *key;
  Py_ssize_t pos = 0, n = 0;
  while (PyDict_Next(self->fixed, &pos, &key, NULL))
    n++;
  return PyLong_FromSsize_t(n);
}

// Nobody else has the object any more.
static int clear(Thing *self) {
  PyObject *key, *value;
  Py_ssize_t pos = 0;
  while (self->cache && PyDict_Next(self->cache, &pos, &key, &value))
    use(value);
  Py_CLEAR(self->cache);
  return 0;
}
static void dealloc(Thing *self) {
  clear(self);
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free((PyObject *)self);
  Py_DECREF(type);
}
static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Thing *self = (Thing *)type->tp_alloc(type, 0);
  if (self == NULL)
    return NULL;
  self->cache = PyDict_New();
  self->fixed = PyDict_New();
  return (PyObject *)self;
}

//===--- The module ----------------------------------------------------------===//

static PyMethodDef thing_methods[] = {
    {"store", (PyCFunction)store, METH_O, NULL},
    {"count", (PyCFunction)count, METH_NOARGS, NULL},
    {"own_section", (PyCFunction)own_section, METH_NOARGS, NULL},
    {"constant", (PyCFunction)constant, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyType_Slot thing_slots[] = {{Py_tp_methods, thing_methods},
                                    {Py_tp_new, (void *)make},
                                    {Py_tp_clear, (void *)clear},
                                    {Py_tp_dealloc, (void *)dealloc},
                                    {0, NULL}};
PyType_Spec thing_spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT,
                          thing_slots};

PyMethodDef methods[] = {
    {"sum", sum, METH_O, NULL},
    {"first_key", first_key, METH_O, NULL},
    {"first_keys", (PyCFunction)(void (*)(void))first_keys, METH_FASTCALL, NULL},
    {"call_all_strings", call_all_strings, METH_O, NULL},
    {"locked_steps", locked_steps, METH_O, NULL},
    {"after_suspension", after_suspension, METH_O, NULL},
    {"locked", locked, METH_O, NULL},
    {"caller", caller, METH_O, NULL},
    {"locked_if_needed", locked_if_needed, METH_O, NULL},
    {"keywords", (PyCFunction)(void (*)(void))keywords, METH_VARARGS | METH_KEYWORDS, NULL},
    {"copied", copied, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
