#include <Python.h>
#include <missing.h>

static struct PyModuleDef refused_module = {PyModuleDef_HEAD_INIT, "refused", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_refused(void) {
  return PyModule_Create(&refused_module);
}
