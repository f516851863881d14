#ifndef SHARED_THING_H
#define SHARED_THING_H

#include "base.h"

typedef struct {
    PyObject_HEAD
    PyObject *value;
} Thing;

extern PyTypeObject Thing_Type;

#endif
