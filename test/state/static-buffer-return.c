// RUN: %check_tidy %s cpython-state-static-buffer-return %t -python=3.13,3.15

#include <Python.h>
#include <string.h>

static const char *format_id(int id) {
  static char buffer[32];
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'buffer' is filled by 'format_id' and handed out by 'format_id'; the next call, on another thread, overwrites what the first caller is still reading [cpython-state-static-buffer-return]
  // CHECK-NOTES: :[[@LINE+3]]:17: note: filled here, in 'format_id'
  // CHECK-NOTES: :[[@LINE+3]]:10: note: handed out here, in 'format_id'
  // CHECK-NOTES: :[[@LINE-4]]:15: note: let the caller give the buffer, make it thread-local, or build the Python object at once
  PyOS_snprintf(buffer, sizeof buffer, "#%d", id);
  return buffer;
}
static PyObject *get_id(PyObject *module, PyObject *arg) {
  return PyUnicode_FromString(format_id((int)PyLong_AsLong(arg)));
}

typedef struct {
  int x, y;
} Point;
static Point *origin(int x) {
  static Point point;
  // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'point' is filled by 'origin' and handed out by 'origin'
  // CHECK-NOTES: :[[@LINE+3]]:3: note: filled here, in 'origin'
  // CHECK-NOTES: :[[@LINE+3]]:10: note: handed out here, in 'origin'
  // CHECK-NOTES: :[[@LINE-4]]:16: note: let the caller
  point.x = x;
  return &point;
}
static PyObject *get_x(PyObject *module, PyObject *arg) {
  return PyLong_FromLong(origin(1)->x);
}

// A scratch buffer that becomes an exception.
static char message[128];
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'message' is filled by 'fail' and handed out by 'fail'
// CHECK-NOTES: :[[@LINE+4]]:17: note: filled here, in 'fail'
// CHECK-NOTES: :[[@LINE+4]]:37: note: handed out here, in 'fail'
// CHECK-NOTES: :[[@LINE-4]]:13: note: let the caller
static PyObject *fail(PyObject *module, PyObject *arg) {
  PyOS_snprintf(message, sizeof message, "no such thing: %d", 3);
  PyErr_SetString(PyExc_ValueError, message);
  return NULL;
}

// --- Near misses ---------------------------------------------------------------

static const char *of_thread(int id) {
  static _Thread_local char buffer[32];
  PyOS_snprintf(buffer, sizeof buffer, "#%d", id);
  return buffer;
}
static const char *constant(int id) {
  static const char *const names[] = {"a", "b"};
  static const char empty[1];
  return id < 2 ? names[id] : empty;
}
static const char *never_written(int id) {
  static char table[2][4] = {"a", "b"};
  return table[id & 1];
}
static PyMutex lock;
static PyObject *guarded(PyObject *module, PyObject *arg) {
  static char buffer[32];
  PyMutex_Lock(&lock);
  PyOS_snprintf(buffer, sizeof buffer, "#%d", 3);
  PyObject *result = PyUnicode_FromString(buffer);
  PyMutex_Unlock(&lock);
  return result;
}
static char version[32];
static const char *get_version(void) { return version; }
static PyObject *silent(PyObject *module, PyObject *arg) {
  return PyUnicode_FromFormat("%s%s%s%s", of_thread(1), constant(1), never_written(1), get_version());
}
static int spam_exec(PyObject *module) {
  strcpy(version, "1.0");
  return 0;
}

static PyMethodDef spam_methods[] = {{"get_id", get_id, METH_O},
                                     {"get_x", get_x, METH_O},
                                     {"fail", fail, METH_O},
                                     {"guarded", guarded, METH_O},
                                     {"silent", silent, METH_O},
                                     {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
