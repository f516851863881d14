// RUN: %check_tidy %s cpython-refs-sequence-fast-shared %t

#include <Python.h>

int use(PyObject *op); // May run Python code.

typedef struct {
  PyObject_HEAD
  PyObject *items;
} Thing;

static PyObject *use_all(PyObject *m, PyObject *seq) {
  PyObject *fast = PySequence_Fast(seq, "expected a sequence");
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: 'PySequence_Fast' gives back the very list it is given, and another thread may change it while its items are used [cpython-refs-sequence-fast-shared]
  // CHECK-NOTES: :[[@LINE-3]]:49: note: any thread that holds the object passed as argument 'seq' can change it
  // CHECK-FIXES: PyObject *fast = PySequence_Tuple(seq);
  if (fast == NULL)
    return NULL;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++) {
    if (use(PySequence_Fast_GET_ITEM(fast, i)) < 0) {
      // CHECK-NOTES: :[[@LINE-1]]:13: note: 'PySequence_Fast_GET_ITEM' borrows an item here
      Py_DECREF(fast);
      return NULL;
    }
  }
  Py_DECREF(fast);
  Py_RETURN_NONE;
}

static double total(PyObject *seq, Py_ssize_t *count) {
  PyObject *fast, **items;
  double sum = 0;
  if (!(fast = PySequence_Fast(seq, "numbers expected")))
    // CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'PySequence_Fast' gives back the very list it is given
    // CHECK-NOTES: :[[@LINE+14]]:8: note: any thread that holds the object passed to 'sum' can change it
    // CHECK-FIXES: if (!(fast = PySequence_Tuple(seq)))
    return -1;
  items = PySequence_Fast_ITEMS(fast);
  // CHECK-NOTES: :[[@LINE-1]]:11: note: 'PySequence_Fast_ITEMS' points into the list's own memory
  *count = PySequence_Fast_GET_SIZE(fast);
  for (Py_ssize_t i = 0; i < *count; i++)
    sum += PyFloat_AsDouble(items[i]);
  Py_CLEAR(fast);
  return sum;
}
static PyObject *sum(PyObject *m, PyObject *args) {
  PyObject *seq;
  Py_ssize_t n;
  if (!PyArg_ParseTuple(args, "O", &seq))
    return NULL;
  return PyFloat_FromDouble(total(seq, &n));
}

// The list itself is returned: a tuple would be something else.
static PyObject *checked(PyObject *m, PyObject *seq) {
  PyObject *fast = PySequence_Fast(seq, "expected a sequence");
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: 'PySequence_Fast' gives back the very list it is given
  // CHECK-NOTES: :[[@LINE-3]]:49: note: any thread that holds the object passed as argument 'seq' can change it
  if (fast != NULL && PySequence_Fast_GET_SIZE(fast) > 0 &&
      use(PySequence_Fast_GET_ITEM(fast, 0)) < 0)
    // CHECK-NOTES: :[[@LINE-1]]:11: note: 'PySequence_Fast_GET_ITEM' borrows an item here
    Py_CLEAR(fast);
  return fast;
  // CHECK-NOTES: :[[@LINE-8]]:20: note: not rewritten automatically: the sequence is used in other ways
}

// Given to the function; whoever called PySequence_Fast() has only a list too.
static PyObject *pair(PyObject *m, PyObject *seq) {
  if (!PyList_Check(seq) || PySequence_Fast_GET_SIZE(seq) != 2)
    return PyErr_Format(PyExc_TypeError, "pair expected");
  double x = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(seq, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:31: warning: items of 'seq' are used while another thread may change it, if it is a list
  // CHECK-NOTES: :[[@LINE-5]]:46: note: any thread that holds the object passed as argument 'seq' can change it
  // CHECK-NOTES: :[[@LINE-3]]:31: note: 'PySequence_Fast_GET_ITEM' borrows an item here
  double y = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(seq, 1));
  // CHECK-NOTES: :[[@LINE-1]]:31: note: 'PySequence_Fast_GET_ITEM' borrows an item here
  return PyFloat_FromDouble(x + y);
}

// The section is suspended by the code that the first use runs.
static PyObject *suspended(PyObject *m, PyObject *seq) {
  PyObject *fast = PySequence_Fast(seq, "expected a sequence");
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: 'PySequence_Fast' gives back the very list it is given
  // CHECK-NOTES: :[[@LINE-3]]:51: note: any thread that holds the object passed as argument 'seq' can change it
  // CHECK-FIXES: PyObject *fast = PySequence_Tuple(seq);
  if (fast == NULL)
    return NULL;
#ifdef Py_BEGIN_CRITICAL_SECTION
  Py_BEGIN_CRITICAL_SECTION(fast);
#else
  {
#endif
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++) {
    PyObject *item = PySequence_Fast_GET_ITEM(fast, i);
    // CHECK-NOTES: :[[@LINE-1]]:22: note: 'PySequence_Fast_GET_ITEM' borrows an item here
    use(item);
    use(item);
  }
#ifdef Py_BEGIN_CRITICAL_SECTION
  Py_END_CRITICAL_SECTION();
#else
  }
#endif
  Py_DECREF(fast);
  Py_RETURN_NONE;
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *snapshot(PyObject *m, PyObject *seq) {
  PyObject *t = PySequence_Tuple(seq), *l = PySequence_List(seq), *fast;
  if (t == NULL || l == NULL || (fast = PySequence_Fast(l, "")) == NULL)
    return NULL;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(t); i++)
    use(PySequence_Fast_GET_ITEM(t, i));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++)
    use(PySequence_Fast_GET_ITEM(fast, i));
  Py_DECREF(fast);
  Py_DECREF(l);
  Py_DECREF(t);
  Py_RETURN_NONE;
}

static PyObject *tested(PyObject *m, PyObject *seq) {
  if (PyTuple_CheckExact(seq) && PySequence_Fast_GET_SIZE(seq) > 0)
    use(PySequence_Fast_GET_ITEM(seq, 0));
  Py_RETURN_NONE;
}

// The argument tuple belongs to the call.
static PyObject *arguments(PyObject *m, PyObject *args) {
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(args); i++)
    use(PySequence_Fast_GET_ITEM(args, i));
  Py_RETURN_NONE;
}

// Only the size, and only a comparison.
static PyObject *size(PyObject *m, PyObject *seq) {
  PyObject *fast = PySequence_Fast(seq, "");
  if (fast == NULL)
    return NULL;
  Py_ssize_t n = PySequence_Fast_GET_SIZE(fast);
  if (n > 0 && PySequence_Fast_GET_ITEM(fast, 0) == Py_None)
    n = 0;
  Py_DECREF(fast);
  return PyLong_FromSsize_t(n);
}

PyMethodDef methods[] = {
    {"use_all", use_all, METH_O, NULL},
    {"sum", sum, METH_VARARGS, NULL},
    {"checked", checked, METH_O, NULL},
    {"pair", pair, METH_O, NULL},
    {"suspended", suspended, METH_O, NULL},
    {"snapshot", snapshot, METH_O, NULL},
    {"tested", tested, METH_O, NULL},
    {"arguments", arguments, METH_VARARGS, NULL},
    {"size", size, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
