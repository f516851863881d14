// Which containers others can change.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix

#include <Python.h>
#include <pthread.h>
#include <stddef.h>

int use(PyObject *op); // May run Python code.

typedef struct {
  PyObject_HEAD
  PyObject *items;    // Changed by a method.
  PyObject *constant; // Filled while the object is made, then only read.
  PyObject *given;    // Whoever made the object may still have it.
  PyObject *member;   // A PyMemberDef shows it to Python.
} Thing;

static PyObject *cache;    // Changed at run time.
static PyObject *registry; // Filled while the module is imported.

//===--- Arguments -----------------------------------------------------------===//

static PyObject *argument(PyObject *m, PyObject *dict) {
  PyObject *v = PyDict_GetItemString(dict, "key");
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemString' on 'dict' is
  return Py_XNewRef(v);
}

static PyObject *parsed(PyObject *m, PyObject *args) {
  PyObject *list, *tuple;
  if (!PyArg_ParseTuple(args, "OO!", &list, &PyTuple_Type, &tuple))
    return NULL;
  use(PyList_GET_ITEM(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
  use(PyTuple_GET_ITEM(tuple, 0));
  use(PySequence_Fast_GET_ITEM(tuple, 0));
  Py_RETURN_NONE;
}

// The argument tuple and the keyword dict belong to this call; what is in them
// does not.
static PyObject *keywords(PyObject *m, PyObject *args, PyObject *kwargs) {
  PyObject *first = PyTuple_GET_ITEM(args, 0);
  if (kwargs != NULL) {
    PyObject *flag = PyDict_GetItemString(kwargs, "flag");
    if (flag != NULL && PyObject_IsTrue(flag))
      return Py_NewRef(first);
    PyObject *inner = PyDict_GetItemWithError(kwargs, first);
    if (inner != NULL)
      use(PyList_GetItem(inner, 0));
    // CHECK-MESSAGES: :[[@LINE-1]]:11: warning: borrowed reference from 'PyList_GetItem' on 'inner' is
  }
  use(PyDict_GetItem(first, Py_None));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyDict_GetItem' on 'first' is
  Py_RETURN_NONE;
}

static PyObject *fast(PyObject *m, PyObject *const *args, Py_ssize_t n, PyObject *names) {
  use(PyTuple_GET_ITEM(names, 0));
  return Py_XNewRef(PyList_GetItem(args[0], 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:21: warning: borrowed reference from 'PyList_GetItem' on 'args[0]' is
}

//===--- Tuples --------------------------------------------------------------===//

static PyObject *tested(PyObject *m, PyObject *seq) {
  if (PyTuple_Check(seq))
    use(PySequence_Fast_GET_ITEM(seq, 0));
  if (!PyTuple_CheckExact(seq)) {
    PyErr_SetString(PyExc_TypeError, "tuple expected");
    return NULL;
  }
  return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 0));
}

static PyObject *not_tested(PyObject *m, PyObject *seq) {
  if (PyTuple_Check(seq))
    use(PySequence_Fast_GET_ITEM(seq, 0));
  return Py_NewRef(PyList_GET_ITEM(seq, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: borrowed reference from 'PyList_GET_ITEM' on 'seq' is
}

static PyObject *snapshot(PyObject *m, PyObject *seq) {
  PyObject *t = PySequence_Tuple(seq);
  if (t == NULL)
    return NULL;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(t); i++)
    if (use(PySequence_Fast_GET_ITEM(t, i)) < 0)
      break;
  Py_DECREF(t);
  Py_RETURN_NONE;
}

// A finding of another check, at the PySequence_Fast().
static PyObject *same_list(PyObject *m, PyObject *seq) {
  PyObject *f = PySequence_Fast(seq, "sequence expected");
  if (f == NULL)
    return NULL;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(f); i++)
    if (use(PySequence_Fast_ITEMS(f)[i]) < 0)
      break;
  Py_DECREF(f);
  Py_RETURN_NONE;
}

//===--- Containers made here ------------------------------------------------===//

static PyObject *made_here(PyObject *m, PyObject *arg) {
  PyObject *list = PyList_New(0), *keys = PyDict_Keys(arg), *copy = PyDict_Copy(arg);
  if (list == NULL || keys == NULL || copy == NULL || PyList_Append(list, arg) < 0)
    return NULL;
  use(PyList_GET_ITEM(list, 0));
  use(PyList_GetItem(keys, 0));
  use(PyDict_GetItem(copy, arg));
  use(PyList_GET_ITEM(PySequence_Fast(list, ""), 0));
  return list;
}

static PyObject *made_and_stored(Thing *self, PyObject *arg) {
  PyObject *list = PyList_New(1);
  PyList_SET_ITEM(list, 0, Py_NewRef(arg));
  use(PyList_GET_ITEM(list, 0));
  self->items = list;
  use(PyList_GET_ITEM(list, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyList_GET_ITEM' on 'list' is
  Py_RETURN_NONE;
}

static PyObject *filling(PyObject *m, PyObject *n) {
  PyObject *list = PyList_New(3);
  for (Py_ssize_t i = 0; i < 3; i++) {
    if (PyList_GET_ITEM(list, i) == NULL)
      PyList_SET_ITEM(list, i, Py_NewRef(n));
    use(PyList_GET_ITEM(list, i));
  }
  return list;
}

static PyObject *make_list(void) {
  PyObject *l = PyList_New(1);
  if (l != NULL)
    PyList_SET_ITEM(l, 0, PyLong_FromLong(1));
  return l;
}
static PyObject *shared_list(PyObject *o) { return PyObject_GetAttrString(o, "items"); }

static PyObject *made_by_helper(PyObject *m, PyObject *arg) {
  PyObject *mine = make_list(), *theirs = shared_list(arg);
  use(PyList_GET_ITEM(mine, 0));
  use(PyList_GET_ITEM(theirs, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyList_GET_ITEM' on 'theirs' is
  Py_RETURN_NONE;
}

//===--- Fields and globals --------------------------------------------------===//

static PyObject *thing_get(Thing *self, PyObject *arg) {
  use(PyList_GET_ITEM(self->items, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyList_GET_ITEM' on 'self->items' is
  use(PyDict_GetItem(self->constant, arg));
  use(PyDict_GetItem(self->given, arg));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyDict_GetItem' on 'self->given' is
  use(PyDict_GetItem(self->member, arg));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyDict_GetItem' on 'self->member' is
  Py_RETURN_NONE;
}

static PyObject *thing_pop(Thing *self, PyObject *ignored) {
  if (PyList_SetSlice(self->items, 0, 1, NULL) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *thing_new(PyTypeObject *type, PyObject *args, PyObject *kwds) {
  Thing *self = (Thing *)type->tp_alloc(type, 0);
  PyObject *given;
  if (self == NULL || !PyArg_ParseTuple(args, "O", &given))
    return NULL;
  self->given = Py_NewRef(given);
  self->items = PyList_New(0);
  self->member = PyDict_New();
  self->constant = PyDict_New();
  if (self->constant != NULL && PyDict_SetItemString(self->constant, "a", Py_None) < 0)
    return NULL;
  return (PyObject *)self;
}

static void thing_dealloc(Thing *self) {
  use(PyList_GetItem(self->items, 0));
  Py_XDECREF(self->items);
  Py_XDECREF(self->constant);
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject *globals(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(cache, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on 'cache' is
  Py_XINCREF(v);
  use(PyDict_GetItemWithError(registry, key));
  return v;
}
static PyObject *forget(PyObject *m, PyObject *key) {
  if (PyDict_DelItem(cache, key) < 0)
    return NULL;
  Py_RETURN_NONE;
}

//===--- The interpreter's containers ----------------------------------------===//

static PyObject *interpreter(PyObject *m, PyObject *o) {
  use(PyImport_AddModule("__main__"));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyImport_AddModule' is used after
  use(PySys_GetObject("stdout"));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PySys_GetObject' is used after
  use(PyDict_GetItemString(PyModule_GetDict(m), "name"));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyDict_GetItemString' on 'PyModule_GetDict(m)' is
  use(PyDict_GetItemString(Py_TYPE(o)->tp_dict, "name"));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyDict_GetItemString' on 'Py_TYPE(o)->tp_dict' is
  use(PyDict_GetItemString(PyThreadState_GetDict(), "name"));
  PyObject *attr = PyObject_GetAttrString(o, "__dict__");
  use(PyDict_GetItemString(attr, "name"));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyDict_GetItemString' on 'attr' is
  use(PyDict_GetItemString(PyList_GET_ITEM(attr, 0), "name"));
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: borrowed reference from 'PyDict_GetItemString' on 'PyList_GET_ITEM(attr, 0)' is
  // CHECK-MESSAGES: :[[@LINE-2]]:28: warning: borrowed reference from 'PyList_GET_ITEM' on 'attr' is
  Py_RETURN_NONE;
}

//===--- While the module is imported ----------------------------------------===//

static PyMethodDef methods[] = {
    {"argument", argument, METH_O, NULL},
    {"parsed", parsed, METH_VARARGS, NULL},
    {"keywords", (PyCFunction)(void (*)(void))keywords, METH_VARARGS | METH_KEYWORDS, NULL},
    {"fast", (PyCFunction)(void (*)(void))fast, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"tested", tested, METH_O, NULL},
    {"not_tested", not_tested, METH_O, NULL},
    {"snapshot", snapshot, METH_O, NULL},
    {"same_list", same_list, METH_O, NULL},
    {"made_here", made_here, METH_O, NULL},
    {"filling", filling, METH_O, NULL},
    {"made_by_helper", made_by_helper, METH_O, NULL},
    {"globals", globals, METH_O, NULL},
    {"forget", forget, METH_O, NULL},
    {"interpreter", interpreter, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef thing_methods[] = {
    {"get", (PyCFunction)thing_get, METH_O, NULL},
    {"pop", (PyCFunction)thing_pop, METH_NOARGS, NULL},
    {"made_and_stored", (PyCFunction)made_and_stored, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
#if PY_VERSION_HEX < 0x030C0000
#include <structmember.h>
#define Py_T_OBJECT_EX T_OBJECT_EX
#endif
static PyMemberDef thing_members[] = {
    {"member", Py_T_OBJECT_EX, offsetof(Thing, member), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot thing_slots[] = {
    {Py_tp_new, thing_new},         {Py_tp_dealloc, thing_dealloc},
    {Py_tp_methods, thing_methods}, {Py_tp_members, thing_members},
    {0, NULL},
};
static PyType_Spec thing_spec = {
    .name = "spam.Thing",
    .basicsize = sizeof(Thing),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = thing_slots,
};

static int add_defaults(PyObject *dict) {
  PyObject *old = PyDict_GetItemString(dict, "old");
  return old == NULL ? 0 : use(old);
}

static int spam_exec(PyObject *m) {
  use(PyDict_GetItemString(PyModule_GetDict(m), "__name__"));
  cache = PyDict_New();
  registry = PyDict_New();
  if (cache == NULL || registry == NULL ||
      PyDict_SetItemString(registry, "one", Py_None) < 0)
    return -1;
  PyObject *type = PyType_FromModuleAndSpec(m, &thing_spec, NULL);
  if (type == NULL || add_defaults(PyModule_GetDict(m)) < 0)
    return -1;
  return PyModule_AddType(m, (PyTypeObject *)type);
}
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_module = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = methods, .m_slots = spam_slots,
};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_module); }
