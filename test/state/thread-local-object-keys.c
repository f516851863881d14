// Objects behind a key of the thread's storage.
// RUN: %check_tidy %s cpython-state-thread-local-object %t -python=3.13

#include <Python.h>
#include <pthread.h>

PyObject *make_value(void);
static Py_tss_t key = Py_tss_NEEDS_INIT;
static pthread_key_t native_key;

static PyObject *get(PyObject *module, PyObject *unused) {
  PyObject *value = (PyObject *)PyThread_tss_get(&key);
  if (value == NULL) {
    value = make_value();
    if (PyThread_tss_set(&key, (void *)value) != 0)
      // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: 'get' keeps a Python object for a thread, which can run several interpreters: the next one uses that of the first [cpython-state-thread-local-object]
      return PyErr_NoMemory();
  }
  return Py_XNewRef(value);
}

static PyObject *keep(PyObject *module, PyObject *value) {
  pthread_setspecific(native_key, Py_NewRef(value));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'keep' keeps a Python object for a thread
  Py_RETURN_NONE;
}

// Plain data; taken away again; with the interpreter it belongs to.
static PyObject *depth(PyObject *module, PyObject *unused) {
  static int here;
  PyThread_tss_set(&key, &here);
  Py_RETURN_NONE;
}
static PyObject *during(PyObject *module, PyObject *callback) {
  PyThread_tss_set(&key, callback);
  PyObject *result = PyObject_CallNoArgs(callback);
  PyThread_tss_set(&key, NULL);
  return result;
}
static PyObject *of_interpreter(PyObject *module, PyObject *value) {
  if (PyInterpreterState_Get() != PyInterpreterState_Main())
    return PyErr_Format(PyExc_RuntimeError, "main interpreter only");
  PyThread_tss_set(&key, Py_NewRef(value));
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"get", get, METH_NOARGS, NULL},
                                {"keep", keep, METH_O, NULL},
                                {"depth", depth, METH_NOARGS, NULL},
                                {"during", during, METH_O, NULL},
                                {"of_interpreter", of_interpreter, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef demo = {PyModuleDef_HEAD_INIT, .m_name = "demo", .m_methods = methods};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&demo); }
