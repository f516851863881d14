/* Brings Python.h, and declares what every source uses. */
#ifndef SHARED_BASE_H
#define SHARED_BASE_H

#include <Python.h>

extern PyObject *name_attribute;

/* Uses the name before the type of another variable is declared. */
static inline PyObject *
get_name(PyObject *object)
{
    return PyObject_GetAttr(object, name_attribute);
}

typedef int flag;

extern flag verbose;

#endif /* SHARED_BASE_H */
