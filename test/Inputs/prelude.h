/* What the examples of the documentation may use without declaring it. */
#ifndef PRELUDE_H
#define PRELUDE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

PyObject *make_value(void); /* Returns a new reference. */
int use(PyObject *op);      /* May run Python code. */

/* A library that is not Python's. */
typedef struct lib_handle lib_handle;
int lib_do(lib_handle *handle);
void lib_close(lib_handle *handle);
void lib_on_event(void (*callback)(void *user), void *user);

/* An instance of a type of the module. */
typedef struct {
  PyObject_HEAD
  PyObject *src;
  PyObject *cache;
  Py_ssize_t count;
  Py_ssize_t index;
  PyMutex lock;
  lib_handle *handle;
  char *buf;
} Obj;

/* The module's state. */
typedef struct {
  PyObject *err;
  PyTypeObject *type;
  PyObject *cache;
} State;

#ifdef __cplusplus
}
#endif

#endif /* PRELUDE_H */
