// GNU Readline has one line and one history; a critical section on the module is a lock that all threads have in common.
// RUN: %check_tidy %s cpython-state-thread-unsafe-libc %t -python=3.13 -config=ft

#include <Python.h>

extern void add_history(const char *);
extern void clear_history(void);

static PyObject *readline_add(PyObject *module, PyObject *text) {
  const char *line = PyUnicode_AsUTF8(text);
  if (line == NULL)
    return NULL;
  add_history(line);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'add_history' works on one table for all threads [cpython-state-thread-unsafe-libc]
  Py_RETURN_NONE;
}

// As Argument Clinic writes it.
static PyObject *readline_clear_impl(PyObject *module) {
  clear_history();
  Py_RETURN_NONE;
}
static PyObject *readline_clear(PyObject *module, PyObject *unused) {
  PyObject *result;
  Py_BEGIN_CRITICAL_SECTION(module);
  result = readline_clear_impl(module);
  Py_END_CRITICAL_SECTION();
  return result;
}

static PyMethodDef methods[] = {{"add_history", readline_add, METH_O, NULL},
                                {"clear_history", readline_clear, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef demo = {PyModuleDef_HEAD_INIT, .m_name = "demo", .m_methods = methods};
PyMODINIT_FUNC PyInit_demo(void) { return PyModule_Create(&demo); }
