// The fix: one mutex for the test and for what it opens.
// RUN: %check_tidy %s cpython-state-static-lazy-init %t -python=3.13,3.15 -fix-notes

#include <Python.h>
#include <math.h>

// Not rewritten: Python code runs meanwhile.
static long limit;
static PyObject *get_limit(PyObject *module, PyObject *source) {
  if (limit == 0) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'limit' is initialised on first use without a lock; another thread in 'get_limit' can pass the same test before line {{[0-9]+}} writes it
    PyObject *value = PyObject_CallNoArgs(source);
    if (value == NULL)
      return NULL;
    limit = PyLong_AsLong(value);
    Py_DECREF(value);
  }
  return PyLong_FromLong(limit);
}

// Nor where others look at it.
static int mode;
static PyObject *get_mode(PyObject *module, PyObject *unused) {
  if (mode == 0)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'mode' is initialised on first use without a lock; another thread in 'get_mode' can pass the same test before line {{[0-9]+}} writes it
    mode = (int)lrint(sqrt(9));
  return PyLong_FromLong(mode);
}
static PyObject *has_mode(PyObject *module, PyObject *unused) { return PyBool_FromLong(mode != 0); }

// A number.
static PyObject *page_size(PyObject *module, PyObject *unused) {
  static long size;
  if (size == 0)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'size' is initialised on first use without a lock; another thread in 'page_size' can pass the same test before line {{[0-9]+}} writes it
    size = lrint(pow(2, 12));
  return PyLong_FromLong(size);
}

// A table behind a flag, in a function without a result.
static double table[16];
static int table_ready;
static void fill_table(void) {
  if (table_ready)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'table_ready' is initialised on first use without a lock; another thread in 'fill_table' can pass the same test before line {{[0-9]+}} writes it
    return;
  for (int i = 0; i < 16; ++i)
    table[i] = sqrt(i);
  table_ready = 1;
}
static PyObject *get_root(PyObject *module, PyObject *arg) {
  long i = PyLong_AsLong(arg) & 15;
  fill_table();
  return PyFloat_FromDouble(table[i]);
}

// Memory; not when there is none.
static double *cache;
static double *get_cache(void) {
  if (cache == NULL) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'cache' is initialised on first use without a lock; another thread in 'get_cache' can pass the same test before line {{[0-9]+}} writes it
    cache = (double *)calloc(16, sizeof(double));
    if (cache == NULL)
      return NULL;
    cache[0] = 1.0;
  }
  return cache;
}
static PyObject *first(PyObject *module, PyObject *unused) {
  double *c = get_cache();
  return c ? PyFloat_FromDouble(c[0]) : PyErr_NoMemory();
}

static PyMethodDef methods[] = {{"page_size", page_size, METH_NOARGS, NULL},
                                {"root", get_root, METH_O, NULL},
                                {"first", first, METH_NOARGS, NULL},
                                {"limit", get_limit, METH_O, NULL},
                                {"mode", get_mode, METH_NOARGS, NULL},
                                {"has_mode", has_mode, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef demo = {PyModuleDef_HEAD_INIT, .m_name = "demo", .m_methods = methods};
PyMODINIT_FUNC PyInit_demo(void) { return PyModule_Create(&demo); }

// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: static PyMutex size_mutex;
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: PyObject *result;
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Lock(&size_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: result = PyLong_FromLong(size);
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Unlock(&size_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: return result;
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: static PyMutex table_ready_mutex;
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: static void fill_table_lock_held(void) {
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: static void fill_table(void) {
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Lock(&table_ready_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: fill_table_lock_held();
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Unlock(&table_ready_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: static PyMutex cache_mutex;
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: static double *get_cache_lock_held(void) {
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: static double *get_cache(void) {
// CHECK-FIXES-NOTES: double *result;
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Lock(&cache_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: result = get_cache_lock_held();
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES-NOTES: PyMutex_Unlock(&cache_mutex);
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: return result;
