// A project with a lock, a lookup and a type of its own, none of which the built-in facts know.
#include <Python.h>

typedef struct {
  int Raw;
} SpamMutex;
void spam_lock(SpamMutex *);
void spam_unlock(SpamMutex *);
#define SPAM_LOCK(m) spam_lock(&(m))
#define SPAM_UNLOCK(m) spam_unlock(&(m))

/// A borrowed reference.
PyObject *spam_peek(PyObject *list, Py_ssize_t i);

typedef struct {
  PyObject_HEAD
  PyObject *items;
  SpamMutex mutex;
} Spam;

static PyObject *unlocked(PyObject *op, PyObject *ignored) {
  Spam *self = (Spam *)op;
  PyObject *item = PyList_GetItem(self->items, 0);
  return item ? PyObject_Repr(item) : NULL;
}

static PyObject *locked_by_macro(PyObject *op, PyObject *ignored) {
  Spam *self = (Spam *)op;
  SPAM_LOCK(self->mutex);
  PyObject *item = PyList_GetItem(self->items, 0);
  Py_XINCREF(item);
  SPAM_UNLOCK(self->mutex);
  return item;
}

static PyObject *locked_by_call(PyObject *op, PyObject *ignored) {
  Spam *self = (Spam *)op;
  spam_lock(&self->mutex);
  PyObject *item = PyList_GetItem(self->items, 0);
  Py_XINCREF(item);
  spam_unlock(&self->mutex);
  return item;
}

static PyObject *peeked(PyObject *op, PyObject *ignored) {
  Spam *self = (Spam *)op;
  PyObject *item = spam_peek(self->items, 0);
  return item ? PyObject_Repr(item) : NULL;
}

static PyObject *add(PyObject *op, PyObject *item) {
  Spam *self = (Spam *)op;
  if (PyList_Append(self->items, item) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *get(PyObject *op, void *closure) {
  return Py_NewRef(((Spam *)op)->items);
}

static PyMethodDef methods[] = {
    {"unlocked", unlocked, METH_NOARGS, NULL},
    {"locked_by_macro", locked_by_macro, METH_NOARGS, NULL},
    {"locked_by_call", locked_by_call, METH_NOARGS, NULL},
    {"peeked", peeked, METH_NOARGS, NULL},
    {"add", add, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef getset[] = {{"items", get, NULL, NULL, NULL}, {NULL}};

PyTypeObject Spam_Type = {PyVarObject_HEAD_INIT(NULL, 0)
                          .tp_name = "spam.Spam",
                          .tp_basicsize = sizeof(Spam),
                          .tp_flags = Py_TPFLAGS_DEFAULT,
                          .tp_methods = methods,
                          .tp_getset = getset};
