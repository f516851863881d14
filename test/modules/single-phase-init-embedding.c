// RUN: %check_tidy %s cpython-modules-single-phase-init %t

// The built-in module of a program that embeds Python.
#include <Python.h>

static struct PyModuleDef host_def = {PyModuleDef_HEAD_INIT, .m_name = "host"};
PyMODINIT_FUNC PyInit_host(void) { return PyModule_Create(&host_def); }

int start_scripting(void) {
  if (PyImport_AppendInittab("host", PyInit_host) < 0)
    return -1;
  Py_Initialize();
  return 0;
}
