#!/usr/bin/env python3
"""Writes a C function with many branches: large_function.py BRANCHES > FILE"""
import sys

branches = int(sys.argv[1])
print("#include <Python.h>")
print("static PyObject *large(PyObject *m, PyObject *dict) {\n  PyObject *v, *result = PyDict_New();")
for i in range(branches):
    print(f'  v = PyDict_GetItemString(dict, "{i}");\n  if (v && PyDict_SetItemString(result, "{i}", v) < 0) return NULL;')
print("  return result;\n}")
print('static PyMethodDef methods[] = {{"large", large, METH_O, NULL}, {NULL, NULL, 0, NULL}};')
print('static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "large", .m_size = -1, .m_methods = methods};')
print("PyMODINIT_FUNC PyInit_large(void) { return PyModule_Create(&module); }")
