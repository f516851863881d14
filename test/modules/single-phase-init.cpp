// RUN: %check_tidy %s cpython-modules-single-phase-init %t

#include <Python.h>

static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", nullptr, -1, nullptr,
                               nullptr, nullptr, nullptr, nullptr};

// Made in a constructor and handed on by a class that owns it.
class Module {
public:
  explicit Module(PyModuleDef &def) : m(PyModule_Create(&def)) {}
  // CHECK-MESSAGES: :[[@LINE-1]]:41: warning: module 'spam' is created by single-phase initialization
  ~Module() { Py_XDECREF(m); }
  PyObject *release() {
    PyObject *Result = m;
    m = nullptr;
    return Result;
  }

private:
  PyObject *m;
};
PyMODINIT_FUNC PyInit_spam(void) {
  Module m(spam_def);
  return m.release();
}
