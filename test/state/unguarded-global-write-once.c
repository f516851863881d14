// Data that is written once, and read by whoever has been through that.
// RUN: %check_tidy %s cpython-state-unguarded-global-write %t -python=3.13 -config=ft

#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>

static PyMutex mutex;
static double by_flag[4], by_atomic[4], by_once[4], late[4];
// CHECK-MESSAGES: :[[@LINE-1]]:53: warning: 'late' is a buffer that all threads share
static int filled;
static atomic_int ready;

static void ensure_flag(void) {
  PyMutex_Lock(&mutex);
  if (!filled) {
    for (int i = 0; i < 4; i++)
      by_flag[i] = late[i] = i;
    filled = 1;
  }
  PyMutex_Unlock(&mutex);
}
static double flag_value(int i) { return by_flag[i & 3]; }
static PyObject *get_flag(PyObject *module, PyObject *unused) {
  ensure_flag();
  return PyFloat_FromDouble(flag_value(1));
}

static void ensure_atomic(void) {
  if (atomic_load(&ready))
    return;
  PyMutex_Lock(&mutex);
  if (!atomic_load(&ready)) {
    for (int i = 0; i < 4; i++)
      by_atomic[i] = i;
    atomic_store(&ready, 1);
  }
  PyMutex_Unlock(&mutex);
}
static PyObject *get_atomic(PyObject *module, PyObject *unused) {
  ensure_atomic();
  return PyFloat_FromDouble(by_atomic[1]);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void fill_once(void) { by_once[1] = 1; }
static PyObject *get_once(PyObject *module, PyObject *unused) {
  pthread_once(&once, fill_once);
  return PyFloat_FromDouble(by_once[1]);
}

// Who has not been through it can read half of it.
static PyObject *get_late(PyObject *module, PyObject *unused) { return PyFloat_FromDouble(late[1]); }

static PyMethodDef methods[] = {{"flag", get_flag, METH_NOARGS, NULL},
                                {"atomic", get_atomic, METH_NOARGS, NULL},
                                {"once", get_once, METH_NOARGS, NULL},
                                {"late", get_late, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef demo = {PyModuleDef_HEAD_INIT, .m_name = "demo", .m_methods = methods};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&demo); }
