// A test, wherever it stands, says that the sequence is a tuple.
// RUN: %check_tidy %s cpython-refs-sequence-fast-shared %t -no-fix

#include <Python.h>

int use(PyObject *op);

typedef struct {
  PyObject_HEAD
  PyObject *args;
} Obj;

static PyObject *field(Obj *self, PyObject *other) {
  if (self->args && PyTuple_Check(self->args) && PyTuple_GET_SIZE(self->args) > 0)
    return Py_NewRef(PySequence_Fast_GET_ITEM(self->args, 0));
  Py_RETURN_NONE;
}

static PyObject *field_replaced(Obj *self, PyObject *other) {
  if (PyTuple_Check(self->args)) {
    self->args = Py_NewRef(other);
    return Py_NewRef(PySequence_Fast_GET_ITEM(self->args, 0));
    // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: items of 'self->args' are used
  }
  Py_RETURN_NONE;
}

static PyObject *element(PyObject *m, PyObject *const *args, Py_ssize_t n) {
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!PyTuple_CheckExact(args[i]))
      continue;
    if (use(PySequence_Fast_GET_ITEM(args[i], 0)) < 0)
      return NULL;
    i++;
    if (use(PySequence_Fast_GET_ITEM(args[i], 0)) < 0)
      // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: items of 'args[i]' are used
      return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *outcome(PyObject *m, PyObject *seq) {
  int is_tuple = PyTuple_Check(seq);
  const int fits = PyTuple_CheckExact(seq) && PyTuple_GET_SIZE(seq) == 2;
  if (fits)
    return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 1));
  if (!is_tuple)
    return NULL;
  return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 0));
}

static PyObject *outcome_of_another(PyObject *m, PyObject *seq) {
  int ok = PyTuple_Check(seq);
  ok |= PyList_Check(seq);
  if (ok)
    return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: items of 'seq' are used
  Py_RETURN_NONE;
}

static PyObject *type(PyObject *m, PyObject *seq) {
  if (Py_TYPE(seq) == &PyTuple_Type)
    return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 0));
  if (Py_TYPE(seq) != &PyTuple_Type && !PyObject_TypeCheck(seq, &PyTuple_Type))
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *subtype(PyObject *m, PyObject *seq) {
  if (PyObject_TypeCheck(seq, &PyTuple_Type))
    return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 0));
  if (Py_IS_TYPE(seq, &PyTuple_Type))
    return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 0));
  if (Py_TYPE(seq) != &PyTuple_Type)
    return Py_NewRef(PySequence_Fast_GET_ITEM(seq, 0));
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: items of 'seq' are used
  Py_RETURN_NONE;
}

static PyObject *given_back(PyObject *m, PyObject *seq) {
  if (!PyTuple_CheckExact(seq))
    return NULL;
  PyObject *fast = PySequence_Fast(seq, "");
  PyObject *same = seq;
  if (!fast)
    return NULL;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++)
    if (use(PySequence_Fast_GET_ITEM(fast, i)) < 0 ||
        use(PySequence_Fast_GET_ITEM(same, i)) < 0)
      break;
  Py_DECREF(fast);
  Py_RETURN_NONE;
}

// A section that is only entered for a list.
#ifdef Py_GIL_DISABLED
#define BEGIN_SECTION_FAST(original)                                           \
  {                                                                            \
    PyObject *orig_ = (PyObject *)(original);                                  \
    const int lock_ = PyList_CheckExact(orig_);                                \
    PyCriticalSection cs_;                                                     \
    if (lock_)                                                                 \
      PyCriticalSection_Begin(&cs_, orig_);
#define END_SECTION_FAST()                                                     \
  if (lock_)                                                                   \
    PyCriticalSection_End(&cs_);                                               \
  }

static PyObject *section(PyObject *m, PyObject *seq) {
  PyObject *fast = PySequence_Fast(seq, "");
  long n = 0;
  if (!fast)
    return NULL;
  BEGIN_SECTION_FAST(seq)
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++)
    n += PyLong_AsLong(PySequence_Fast_GET_ITEM(fast, i));
  END_SECTION_FAST()
  Py_DECREF(fast);
  return PyLong_FromLong(n);
}

static PyObject *section_on_another(PyObject *m, PyObject *seq) {
  PyObject *fast = PySequence_Fast(seq, "");
  // CHECK-MESSAGES-FT: :[[@LINE-1]]:20: warning: 'PySequence_Fast' gives back the very list
  long n = 0;
  if (!fast)
    return NULL;
  BEGIN_SECTION_FAST(m)
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++)
    n += PyLong_AsLong(PySequence_Fast_GET_ITEM(fast, i));
  END_SECTION_FAST()
  Py_DECREF(fast);
  return PyLong_FromLong(n);
}
#define SECTIONS METHOD(section, METH_O), METHOD(section_on_another, METH_O),
#else
#define SECTIONS
#endif

#define METHOD(Name, Flags) {#Name, (PyCFunction)(void (*)(void))Name, Flags, NULL}
static PyMethodDef obj_methods[] = {METHOD(field, METH_O), METHOD(field_replaced, METH_O), {0}};
static PyType_Slot obj_slots[] = {{Py_tp_methods, obj_methods}, {0}};
static PyType_Spec obj_spec = {"mod.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, obj_slots};
static PyMethodDef methods[] = {
    METHOD(element, METH_FASTCALL), METHOD(outcome, METH_O), METHOD(outcome_of_another, METH_O),
    METHOD(type, METH_O),           METHOD(subtype, METH_O), METHOD(given_back, METH_O),
    SECTIONS
    {0}};
static int mod_exec(PyObject *m) {
  return PyModule_AddObjectRef(m, "Obj", PyType_FromModuleAndSpec(m, &obj_spec, NULL));
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, mod_exec}, {0}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "mod", NULL, 0, methods, slots};
PyMODINIT_FUNC PyInit_mod(void) { return PyModuleDef_Init(&def); }
