// Where a borrowed reference goes, and what is a use of it.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix -- -- -Wno-deprecated-declarations

#include <Python.h>
#include <pthread.h>
#include <assert.h>

int use(PyObject *op); // May run Python code.
void keep(PyObject **slot);

#ifndef Py_BEGIN_CRITICAL_SECTION // Before 3.13 there is nothing to lock.
#define Py_BEGIN_CRITICAL_SECTION(op) {
#define Py_END_CRITICAL_SECTION() }
#endif

//===--- Comparisons are no uses ---------------------------------------------===//

static PyObject *membership(PyObject *m, PyObject *dict) {
  PyObject *a = PyDict_GetItemWithError(dict, m), *b;
  if (PyDict_GetItem(dict, m) != NULL || !a || a == m)
    Py_RETURN_TRUE;
  if ((b = PyDict_GetItem(dict, Py_None)) == NULL && PyErr_Occurred())
    return NULL;
  int found = b ? 1 : 0;
  assert(b == NULL || PyLong_Check(b));
  return PyLong_FromLong(found);
}

static PyObject *weak(PyObject *m, PyObject *ref) {
  PyObject *alive = PyUnicode_FromString("");
#if PY_VERSION_HEX < 0x030F0000
  if (PyWeakref_GetObject(ref) == Py_None)
    return alive;
  use(PyWeakref_GetObject(ref));
  // CHECK-MESSAGES-3_11: :[[@LINE-1]]:7: warning: borrowed reference from 'PyWeakref_GetObject' on 'ref' is
  // CHECK-MESSAGES-3_13: :[[@LINE-2]]:7: warning: borrowed reference from 'PyWeakref_GetObject' on 'ref' is
#endif
  return alive;
}

//===--- The variable holds something else -----------------------------------===//

static PyObject *redefined(PyObject *m, PyObject *dict) {
  PyObject *v = PyDict_GetItem(dict, m);
  if (v == NULL) {
    v = PyLong_FromLong(0);
    return v;
  }
  v = PyLong_FromLong(1);
  use(v);
  return v;
}

static PyObject *only_on_one_path(PyObject *m, PyObject *dict) {
  PyObject *v = PyDict_GetItem(dict, m);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning:
  if (v == NULL)
    v = Py_None;
  return Py_NewRef(v);
}

static PyObject *null_only(PyObject *m, PyObject *dict) {
  PyObject *v = PyDict_GetItem(dict, m);
  if (v == NULL) {
    Py_XDECREF(v);
    return Py_XNewRef(v);
  }
  Py_RETURN_NONE;
}

//===--- Ways through an expression ------------------------------------------===//

struct pair {
  PyObject *key, *value;
};

static PyObject *through_struct(PyObject *m, PyObject *list) {
  struct pair p = {NULL, PyList_GetItem(list, 0)};
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning:
  p.key = PyList_GetItem(list, 1);
  if (p.value == NULL)
    return NULL;
  return Py_NewRef(p.value);
}

static PyObject *through_array(PyObject *m, PyObject *list) {
  PyObject *stack[2];
  stack[0] = m;
  stack[1] = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:14: warning:
  return PyObject_Vectorcall(m, stack, 2, NULL);
}

static PyObject *through_choice(PyObject *m, PyObject *list) {
  PyObject *v = m == list ? m : (PyObject *)(void *)PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:53: warning:
  PyObject *w = (use(m), v);
  PyObject *x, *y;
  x = y = w;
  return Py_XNewRef(y);
}

static PyObject *returned_by_choice(PyObject *m, PyObject *list) {
  PyObject *v = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning:
  return m == list && v != NULL ? m : v;
}

static PyObject *beside_choice(PyObject *m, PyObject *list) {
  PyObject *v = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning:
  return PyObject_CallFunctionObjArgs(m, v, m == list && m ? m : NULL, NULL);
}

static PyObject *through_pointer(PyObject *m, PyObject *list) {
  PyObject *v = NULL;
  PyObject **out = &v;
  *out = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning:
  return Py_XNewRef(v);
}

static PyObject *stored;
static PyObject *into_global(PyObject *m, PyObject *list) {
  stored = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning:
  Py_XINCREF(stored);
  Py_RETURN_NONE;
}

#define FIRST(seq) PyList_GET_ITEM(seq, 0)
#define FIRST_REF(seq) Py_NewRef(FIRST(seq))
static PyObject *through_macro(PyObject *m, PyObject *list) {
  use(FIRST(list));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
  return FIRST_REF(list);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
}

static PyObject *in_loop(PyObject *m, PyObject *list) {
  PyObject *last = NULL;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
    if (last != NULL)
      use(last);
    last = PyList_GET_ITEM(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:12: warning:
  }
  Py_RETURN_NONE;
}

static PyObject *by_address(PyObject *m, PyObject *list) {
  PyObject *v = PyList_GetItem(list, 0);
  keep(&v); // Writes another value there.
  Py_RETURN_NONE;
}

//===--- Helpers -------------------------------------------------------------===//

static PyObject *lookup(PyObject *dict, const char *key) {
  return PyDict_GetItemString(dict, key);
}
static int find(PyObject *dict, PyObject *key, PyObject **value) {
  *value = PyDict_GetItemWithError(dict, key);
  return *value != NULL;
}
static PyObject *deeper(PyObject *dict) { return lookup(dict, "x"); }

static PyObject *wrappers(PyObject *m, PyObject *dict) {
  PyObject *value, *mine = PyDict_New();
  use(lookup(dict, "a"));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'lookup' on 'dict' is
  use(lookup(mine, "a"));
  if (find(dict, m, &value))
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'find' on 'dict' is
    use(value);
  if (find(mine, m, &value))
    use(value);
  if (find(dict, Py_None, &value))
    Py_RETURN_NONE;
  use(deeper(dict));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'deeper' on 'dict' is
  return mine;
}

// Judged by what the callers give it.
static int given_shared(PyObject *list) { return use(PyList_GET_ITEM(list, 0)); }
// CHECK-MESSAGES: :[[@LINE-1]]:54: warning:
static int given_private(PyObject *list) { return use(PyList_GET_ITEM(list, 0)); }
static int given_keywords(PyObject *kw) { return use(PyDict_GetItemString(kw, "k")); }
static int given_nothing(PyObject *list) { return use(PyList_GET_ITEM(list, 0)); }
static int descend(PyObject *list, int depth) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning:
  if (item != NULL && depth > 0)
    return descend(list, depth - 1) + use(item);
  return 0;
}
int for_other_files(PyObject *list) { return use(PyList_GET_ITEM(list, 0)); }
// CHECK-MESSAGES: :[[@LINE-1]]:50: warning:

static PyObject *callers(PyObject *m, PyObject *args, PyObject *kw) {
  PyObject *list, *mine = PyList_New(0);
  if (mine == NULL || !PyArg_ParseTuple(args, "O", &list))
    return NULL;
  PyList_Append(mine, list);
  given_private(mine);
  given_shared(list);
  given_keywords(kw);
  descend(list, 3);
  return mine;
}
typedef int (*visitor)(PyObject *);
visitor unknown_caller(void) { return given_nothing; }

//===--- Locks ---------------------------------------------------------------===//

static pthread_mutex_t cache_mutex = PTHREAD_MUTEX_INITIALIZER;
static PyObject *cache;

static PyObject *section(PyObject *m, PyObject *list) {
  PyObject *item;
  Py_BEGIN_CRITICAL_SECTION(list);
  item = PyList_GET_ITEM(list, 0);
  Py_INCREF(item);
  Py_END_CRITICAL_SECTION();
  return item;
}

static PyObject *wrong_section(PyObject *m, PyObject *list) {
  PyObject *item;
  Py_BEGIN_CRITICAL_SECTION(m);
  item = PyList_GET_ITEM(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning:
  Py_INCREF(item);
  Py_END_CRITICAL_SECTION();
  return item;
}

static PyObject *after_section(PyObject *m, PyObject *list) {
  PyObject *item;
  Py_BEGIN_CRITICAL_SECTION(list);
  item = PyList_GET_ITEM(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning:
  Py_END_CRITICAL_SECTION();
  Py_INCREF(item);
  return item;
}

static PyObject *suspended_section(PyObject *m, PyObject *list) {
  Py_BEGIN_CRITICAL_SECTION(list);
  PyObject *item = PyList_GET_ITEM(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning:
  use(item); // Python code may run here, and the section is not held meanwhile.
  use(item);
  Py_END_CRITICAL_SECTION();
  Py_RETURN_NONE;
}

static PyObject *mutex(PyObject *m, PyObject *key) {
  pthread_mutex_lock(&cache_mutex);
  PyObject *v = PyDict_GetItemWithError(cache, key);
  Py_XINCREF(v);
  pthread_mutex_unlock(&cache_mutex);
  return v;
}
static PyObject *no_mutex(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(cache, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning:
  Py_XINCREF(v);
  return v;
}
// The extension's lock does not stop the owner of the argument.
static PyObject *mutex_for_argument(PyObject *m, PyObject *list) {
  pthread_mutex_lock(&cache_mutex);
  PyObject *v = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning:
  Py_XINCREF(v);
  pthread_mutex_unlock(&cache_mutex);
  return v;
}
static PyObject *put(PyObject *m, PyObject *key) {
  pthread_mutex_lock(&cache_mutex);
  int rc = PyDict_SetItem(cache, key, m);
  pthread_mutex_unlock(&cache_mutex);
  return PyLong_FromLong(rc);
}

//===--- One build only ------------------------------------------------------===//

static PyObject *gil_only(PyObject *m, PyObject *list) {
#ifdef Py_GIL_DISABLED
  return PyList_GetItemRef(list, 0);
#else
  return Py_XNewRef(PyList_GetItem(list, 0));
#endif
}

static PyObject *gil_only_after_others(PyObject *m, PyObject *list) {
#if defined(NOBODY_DEFINES_THIS)
  return NULL;
#elif defined(Py_GIL_DISABLED)
  return PyList_GetItemRef(list, 0);
#elif defined(NOBODY_DEFINES_THAT)
  return NULL;
#else
  return Py_XNewRef(PyList_GetItem(list, 0));
#endif
}

static PyObject *both_builds(PyObject *m, PyObject *list) {
#if defined(NOBODY_DEFINES_THIS)
  return NULL;
#elif defined(Py_GIL_DISABLED) && defined(NOBODY_DEFINES_THAT)
  return PyList_GetItemRef(list, 0);
#else
  return Py_XNewRef(PyList_GetItem(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning:
#endif
}

static PyObject *old_only(PyObject *m, PyObject *list) {
#if PY_VERSION_HEX >= 0x030D0000
  return PyList_GetItemRef(list, 0);
#else
  return Py_XNewRef(PyList_GetItem(list, 0));
#endif
}

#define METHOD(name) {#name, name, METH_O, NULL}
static PyMethodDef methods[] = {
    METHOD(membership), METHOD(weak), METHOD(redefined), METHOD(only_on_one_path),
    METHOD(null_only), METHOD(through_struct), METHOD(through_array), METHOD(through_choice),
    METHOD(through_pointer), METHOD(returned_by_choice), METHOD(beside_choice), METHOD(into_global),
    METHOD(through_macro), METHOD(in_loop),
    METHOD(by_address), METHOD(wrappers), METHOD(section), METHOD(wrong_section),
    METHOD(after_section), METHOD(suspended_section), METHOD(mutex), METHOD(no_mutex),
    METHOD(mutex_for_argument), METHOD(put), METHOD(gil_only), METHOD(gil_only_after_others), METHOD(both_builds), METHOD(old_only),
    {"callers", (PyCFunction)(void (*)(void))callers, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef flow_module = {
    PyModuleDef_HEAD_INIT, .m_name = "flow", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_flow(void) {
  cache = PyDict_New();
  return PyModule_Create(&flow_module);
}
