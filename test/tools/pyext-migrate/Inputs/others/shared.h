#ifndef SHARED_H
#define SHARED_H
#include <Python.h>
static PyObject *SharedError;
static inline void
raise_shared(const char *text)
{
    PyErr_SetString(SharedError, text);
}
int help(void);
int each(int (*visit)(void *, int), void *data);
#endif
