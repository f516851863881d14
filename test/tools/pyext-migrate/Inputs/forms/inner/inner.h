#ifndef INNER_H
#define INNER_H

#include "Python.h"

#define Item_Check(op) (Py_TYPE(op) == &Item_Type)

typedef struct {
    PyObject_HEAD
    PyObject *value;
} Item;

extern PyTypeObject Item_Type;

#endif
