#ifndef TWIN_H
#define TWIN_H

#include <Python.h>

int find_other(void);
PyObject *check_other(PyObject *module, PyObject *arg);
PyObject *count_down(PyObject *module, PyObject *arg);

#endif
