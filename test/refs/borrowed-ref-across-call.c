// What a call between look-up and use can do to a borrowed reference.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-across-call %t -no-fix -python=3.13,3.15

#include <Python.h>

int use(PyObject *op);           // In another file: may run Python code.
int use_check(PyObject *op);     // Only tests.
void plain_work(const char *s);

static PyObject *str_key;

// Used again after the call it was given to.
static PyObject *visit_all(PyObject *m, PyObject *list) {
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
    PyObject *item = PyList_GET_ITEM(list, i);
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is used after 'use' may have run code that drops it [cpython-refs-borrowed-ref-across-call]
    // CHECK-NOTES: :[[@LINE-4]]:51: note: any thread that holds the object passed as argument 'list' can change it
    // CHECK-NOTES: :[[@LINE+3]]:9: note: 'use' can run any code here
    // CHECK-NOTES: :[[@LINE+4]]:9: note: the reference is used here afterwards
    // CHECK-NOTES: :[[@LINE-5]]:22: note: 'PyList_GetItemRef' returns a strong reference (Python 3.13, or pythoncapi_compat.h)
    if (use(item) < 0)
      return NULL;
    if (use(item) < 0)
      return NULL;
  }
  Py_RETURN_NONE;
}

// The type of what was converted is named in the message.
static PyObject *convert(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after 'PyNumber_Long' may have run code
  // CHECK-NOTES: :[[@LINE-3]]:49: note: any thread
  // CHECK-NOTES: :[[@LINE+5]]:22: note: 'PyNumber_Long' can run any code here
  // CHECK-NOTES: :[[@LINE+6]]:64: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-5]]:20: note: 'PyList_GetItemRef' returns
  if (item == NULL)
    return NULL;
  PyObject *number = PyNumber_Long(item);
  if (number == NULL)
    PyErr_Format(PyExc_TypeError, "expected a number, not %s", Py_TYPE(item)->tp_name);
  return number;
}

// An int needs no code to be converted.
static PyObject *convert_int(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  if (item == NULL || !PyLong_Check(item))
    return NULL;
  long n = PyLong_AsLong(item);
  if (n == -1 && PyErr_Occurred())
    PyErr_Format(PyExc_TypeError, "%s", Py_TYPE(item)->tp_name);
  return PyLong_FromLong(n);
}

// Nothing keeps the object alive when it is given to the next call.
static PyObject *two(PyObject *m, PyObject *dict) {
  PyObject *a = PyDict_GetItemString(dict, "a");
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemString' on 'dict' is used after 'PyObject_CallNoArgs' may have run code
  // CHECK-NOTES: :[[@LINE-3]]:45: note: any thread
  // CHECK-NOTES: :[[@LINE+5]]:17: note: 'PyObject_CallNoArgs' can run any code here
  // CHECK-NOTES: :[[@LINE+7]]:22: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-5]]:17: note: 'PyDict_GetItemStringRef' returns
  if (a == NULL)
    return NULL;
  PyObject *b = PyObject_CallNoArgs(m);
  if (b == NULL)
    return NULL;
  PyObject *result = PyTuple_Pack(2, a, b);
  Py_DECREF(b);
  return result;
}

// A reference of its own.
static PyObject *held(PyObject *m, PyObject *dict) {
  PyObject *a = PyDict_GetItemString(dict, "a");
  if (a == NULL)
    return NULL;
  Py_INCREF(a);
  PyObject *b = PyObject_CallNoArgs(m);
  Py_XDECREF(b);
  use(a);
  return a;
}
static PyObject *held_new(PyObject *m, PyObject *dict) {
  PyObject *a = PyDict_GetItemString(dict, "a");
  PyObject *mine = Py_XNewRef(a);
  PyObject *b = PyObject_CallNoArgs(m);
  Py_XDECREF(b);
  if (a != NULL)
    use(a);
  return mine;
}

// The keyword dict and the argument tuple belong to the call.
static PyObject *keywords(PyObject *m, PyObject *args, PyObject *kwargs) {
  PyObject *a = PyDict_GetItemString(kwargs, "a");
  PyObject *b = PyTuple_GET_ITEM(args, 0);
  if (a == NULL || use(a) < 0 || use(b) < 0)
    return NULL;
  use(b);
  return Py_NewRef(a);
}

// A container nobody else knows.
static PyObject *own(PyObject *m, PyObject *x) {
  PyObject *list = PyList_New(0);
  if (list == NULL || PyList_Append(list, x) < 0)
    return NULL;
  PyObject *item = PyList_GetItem(list, 0);
  use(item);
  use(item);
  Py_DECREF(list);
  Py_RETURN_NONE;
}

// Looking up strings, building strings, setting errors and testing run nothing.
static PyObject *harmless(PyObject *m, PyObject *dict) {
  PyObject *a = PyDict_GetItemString(dict, "a");
  PyObject *key = PyUnicode_FromString("b");
  if (a == NULL || key == NULL)
    return NULL;
  PyObject *b = PyDict_GetItemWithError(dict, key);
  Py_DECREF(key);
  if (b == NULL || use_check(a))
    PyErr_SetString(PyExc_KeyError, "b");
  plain_work("b");
  Py_ssize_t n = PyList_Size(a);
  PyErr_Format(PyExc_TypeError, "%zd %s", n, Py_TYPE(a)->tp_name);
  return NULL;
}

// Only compared afterwards.
static PyObject *compared(PyObject *m, PyObject *dict) {
  PyObject *a = PyDict_GetItemString(dict, "a");
  use(m);
  if (a == Py_None)
    Py_RETURN_TRUE;
  Py_RETURN_FALSE;
}

// Looked up anew after the call.
static PyObject *anew(PyObject *m, PyObject *dict) {
  PyObject *a = PyDict_GetItemString(dict, "a");
  if (a != NULL && use(a) < 0)
    return NULL;
  a = PyDict_GetItemString(dict, "a");
  if (a != NULL)
    plain_work(Py_TYPE(a)->tp_name);
  Py_RETURN_NONE;
}

// The tuple goes, and the item with it.
static PyObject *dropped(PyObject *m, PyObject *callable) {
  PyObject *pair = PyObject_CallNoArgs(callable);
  if (pair == NULL || !PyTuple_Check(pair))
    return NULL;
  PyObject *first = PyTuple_GET_ITEM(pair, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyTuple_GET_ITEM' on 'pair' is used after 'Py_DECREF' may have dropped it
  // CHECK-NOTES: :[[@LINE+3]]:3: note: what the reference was borrowed from may be gone after this call
  // CHECK-NOTES: :[[@LINE+3]]:14: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-4]]:21: note: 'PySequence_GetItem' returns
  Py_DECREF(pair);
  plain_work(Py_TYPE(first)->tp_name);
  Py_RETURN_NONE;
}
static PyObject *dropped_late(PyObject *m, PyObject *callable) {
  PyObject *pair = PyObject_CallNoArgs(callable);
  if (pair == NULL || !PyTuple_Check(pair))
    return NULL;
  PyObject *first = PyTuple_GET_ITEM(pair, 0);
  Py_INCREF(first);
  Py_DECREF(pair);
  return first;
}
static PyObject *dropped_after(PyObject *m, PyObject *callable) {
  PyObject *pair = PyObject_CallNoArgs(callable);
  if (pair == NULL || !PyTuple_Check(pair))
    return NULL;
  PyObject *first = PyTuple_GET_ITEM(pair, 0);
  use(first);
  use(first);
  Py_DECREF(pair);
  Py_RETURN_NONE;
}

// The very item is replaced.
static PyObject *replaced(PyObject *m, PyObject *args) {
  PyObject *dict, *key, *value;
  if (!PyArg_ParseTuple(args, "O!UO", &PyDict_Type, &dict, &key, &value))
    return NULL;
  PyObject *old = PyDict_GetItemWithError(dict, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:19: warning: borrowed reference from 'PyDict_GetItemWithError' on 'dict' is used after 'PyDict_SetItem' may have dropped it
  // CHECK-NOTES: :[[@LINE+5]]:7: note: what the reference was borrowed from may be gone after this call
  // CHECK-NOTES: :[[@LINE+6]]:10: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-4]]:19: note: 'PyDict_GetItemRef' returns
  if (old == NULL)
    return NULL;
  if (PyDict_SetItem(dict, key, value) < 0)
    return NULL;
  return Py_NewRef(old);
}

// Through a helper of this file, which says what it calls.
static int helper(PyObject *op) {
  PyObject *s = PyObject_Repr(op);
  Py_XDECREF(s);
  return s == NULL ? -1 : 0;
}
static PyObject *through_helper(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after 'helper' may have run code
  // CHECK-NOTES: :[[@LINE-3]]:56: note: any thread
  // CHECK-NOTES: :[[@LINE-8]]:17: note: 'helper' calls 'PyObject_Repr' here, which can run any code
  // CHECK-NOTES: :[[@LINE+4]]:10: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-5]]:20: note: 'PyList_GetItemRef' returns
  if (item == NULL || helper(item) < 0)
    return NULL;
  return Py_NewRef(item);
}

// The helper uses its argument after the call that can drop it.
static int uses_twice(PyObject *op) {
  PyObject *s = PyObject_Repr(op);
  if (s == NULL)
    return -1;
  Py_DECREF(s);
  return Py_TYPE(op) == &PyList_Type ? 0 : use(op);
}
static PyObject *within(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after 'PyObject_Repr' may have run code
  // CHECK-NOTES: :[[@LINE-3]]:48: note: any thread
  // CHECK-NOTES: :[[@LINE+4]]:23: note: the reference is handed on here, and nothing else keeps the object alive during the call
  // CHECK-NOTES: :[[@LINE-11]]:17: note: 'PyObject_Repr' can run any code here
  // CHECK-NOTES: :[[@LINE-8]]:10: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-6]]:20: note: 'PyList_GetItemRef' returns
  if (item == NULL || uses_twice(item) < 0)
    return NULL;
  Py_RETURN_NONE;
}
static int takes_its_own(PyObject *op) {
  Py_INCREF(op);
  PyObject *s = PyObject_Repr(op);
  Py_XDECREF(s);
  int r = use(op);
  Py_DECREF(op);
  return r;
}
static PyObject *within_held(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  if (item == NULL || takes_its_own(item) < 0)
    return NULL;
  Py_RETURN_NONE;
}

// In a loop each item is looked up anew, from a list or from a tuple.
static PyObject *sequence(PyObject *m, PyObject *seq) {
  double sum = 0;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(seq); i++) {
    PyObject *item = PySequence_Fast_GET_ITEM(seq, i);
    sum += PyFloat_AsDouble(item);
  }
  return PyFloat_FromDouble(sum);
}

// What PySequence_Fast() gives is a reference of its own.
static PyObject *fast(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  if (item == NULL)
    return NULL;
  PyObject *own_item = PySequence_Fast(item, "no sequence");
  if (own_item == NULL)
    return NULL;
  Py_ssize_t n = PySequence_Fast_GET_SIZE(own_item);
  Py_DECREF(own_item);
  return PyLong_FromSsize_t(n);
}

// Other threads run in between, with the GIL too.
static PyObject *detached(PyObject *m, PyObject *list) {
  PyObject *item = PyList_GetItem(list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GetItem' on 'list' is used after 'PyEval_SaveThread' has let other threads run, which may drop it
  // CHECK-NOTES: :[[@LINE-3]]:50: note: any thread
  // CHECK-NOTES: :[[@LINE+5]]:3: note: other threads run from here on
  // CHECK-NOTES: :[[@LINE+7]]:10: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-5]]:20: note: 'PyList_GetItemRef' returns
  if (item == NULL)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  plain_work("x");
  Py_END_ALLOW_THREADS
  return Py_NewRef(item);
}

// An object of sys can be replaced by the code it calls.
static PyObject *out(PyObject *m, PyObject *ignored) {
  PyObject *file = PySys_GetObject("stdout");
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PySys_GetObject' is used after 'PyFile_WriteString' may have run code
  // CHECK-NOTES: :[[@LINE-2]]:20: note: any thread can replace the object in the 'sys' module or in 'sys.modules'
  // CHECK-NOTES: :[[@LINE+3]]:23: note: 'PyFile_WriteString' can run any code here
  // CHECK-NOTES: :[[@LINE+3]]:5: note: the reference is used here afterwards
  // CHECK-NOTES: :[[@LINE-5]]:20: note: 'PySys_GetOptionalAttrString' returns
  if (file != NULL && PyFile_WriteString("a", file) == 0)
    PyFile_WriteString("b", file);
  Py_RETURN_NONE;
}

// Modules stay in sys.modules, their dict and that of the frame stay too.
static PyObject *main_module(PyObject *m, PyObject *code) {
  PyObject *main = PyImport_AddModule("__main__");
  PyObject *globals = main ? PyModule_GetDict(main) : NULL;
  if (globals == NULL)
    return NULL;
  PyObject *r = PyRun_String("1", Py_eval_input, globals, globals);
  Py_XDECREF(r);
  return PyRun_String("1", Py_eval_input, globals, PyModule_GetDict(main));
}

static PyMethodDef methods[] = {
    {"visit_all", visit_all, METH_O, NULL}, {"convert", convert, METH_O, NULL},
    {"convert_int", convert_int, METH_O, NULL}, {"two", two, METH_O, NULL},
    {"held", held, METH_O, NULL}, {"held_new", held_new, METH_O, NULL},
    {"keywords", (PyCFunction)(void *)keywords, METH_VARARGS | METH_KEYWORDS, NULL},
    {"own", own, METH_O, NULL}, {"harmless", harmless, METH_O, NULL},
    {"compared", compared, METH_O, NULL}, {"anew", anew, METH_O, NULL},
    {"dropped", dropped, METH_O, NULL}, {"dropped_late", dropped_late, METH_O, NULL},
    {"dropped_after", dropped_after, METH_O, NULL},
    {"replaced", replaced, METH_VARARGS, NULL},
    {"through_helper", through_helper, METH_O, NULL}, {"within", within, METH_O, NULL},
    {"sequence", sequence, METH_O, NULL}, {"fast", fast, METH_O, NULL},
    {"within_held", within_held, METH_O, NULL}, {"detached", detached, METH_O, NULL},
    {"out", out, METH_NOARGS, NULL}, {"main_module", main_module, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef across_module = {
    PyModuleDef_HEAD_INIT, .m_name = "across", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_across(void) {
  str_key = PyUnicode_InternFromString("key");
  return PyModule_Create(&across_module);
}
