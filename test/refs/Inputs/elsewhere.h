// What another file of the extension has.
#ifndef ELSEWHERE_H
#define ELSEWHERE_H
#include <Python.h>
extern PyObject *registry;  // A dict.
extern PyObject *filled;    // Another, filled below while the module is imported.
PyObject *get_registry(void);
PyObject *new_table(PyObject *of);
void keep_table(PyObject *table);
#endif
