// RUN: %check_tidy %s cpython-types-traverse-side-effects %t -python=3.13,3.15

#include <Python.h>
#include <assert.h>
#include <stdlib.h>

typedef struct {
  PyObject_HEAD
  PyObject *src, *cache;
  PyObject *list;
  PyMutex lock;
} Obj;

// A lock, and counts.

static int lock_traverse(PyObject *op, visitproc visit, void *arg) {
  Obj *self = (Obj *)op;
  PyMutex_Lock(&self->lock);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyMutex_Lock' takes or gives back a lock while the collector traverses objects in 'lock_traverse': the thread that holds it is stopped, without the GIL, until the collector is done [cpython-types-traverse-side-effects]
  PyObject *cache = Py_XNewRef(self->cache);
  // CHECK-NOTES: :[[@LINE-1]]:21: note: 'Py_XNewRef' changes a reference count here
  PyMutex_Unlock(&self->lock);
  // CHECK-NOTES: :[[@LINE-1]]:3: note: 'PyMutex_Unlock' takes or gives back a lock here
  Py_VISIT(cache);
  Py_XDECREF(cache);
  // CHECK-NOTES: :[[@LINE-1]]:3: note: 'Py_XDECREF' changes a reference count here
  return 0;
}
static PyType_Slot lock_slots[] = {{Py_tp_traverse, (void *)lock_traverse}, {0, NULL}};
PyType_Spec lock_spec = {"spam.Lock", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, lock_slots};

static int section_traverse(PyObject *op, visitproc visit, void *arg) {
  Obj *self = (Obj *)op;
  Py_BEGIN_CRITICAL_SECTION(op);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'Py_BEGIN_CRITICAL_SECTION' takes or gives back a lock while the collector traverses objects in 'section_traverse': the thread that holds it is stopped, without the GIL, until the collector is done
  self = (Obj *)op;
  Py_END_CRITICAL_SECTION();
  // CHECK-NOTES: :[[@LINE-1]]:3: note: 'Py_END_CRITICAL_SECTION' takes or gives back a lock here
  Py_VISIT(self->src);
  return 0;
}
PyTypeObject Section_Type = {PyVarObject_HEAD_INIT(NULL, 0) "spam.Section", sizeof(Obj)};
static void set_up(void) { Section_Type.tp_traverse = section_traverse; }

// In a helper; other API; memory.

static PyObject *cached(Obj *self) { return PyObject_GetAttrString(self->src, "cache"); }
// CHECK-MESSAGES: :[[@LINE-1]]:45: warning: 'PyObject_GetAttrString' is not safe while the collector traverses objects in 'helper_traverse': it can make or free objects, raise an error or run other code
static int helper_traverse(PyObject *op, visitproc visit, void *arg) {
  // CHECK-NOTES: :[[@LINE-1]]:12: note: the traverse function is here
  Py_VISIT(cached((Obj *)op));
  return 0;
}
static PyType_Slot helper_slots[] = {{Py_tp_traverse, (void *)helper_traverse}, {0, NULL}};
PyType_Spec helper_spec = {"spam.Helper", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, helper_slots};

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
  PyObject **copy = (PyObject **)malloc(sizeof *copy);
  // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: 'malloc' allocates or frees memory while the collector traverses objects in 'module_traverse': the heap is being walked meanwhile, without the GIL
  free(copy);
  // CHECK-NOTES: :[[@LINE-1]]:3: note: 'free' allocates or frees memory here
  return 0;
}
static struct PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 8, NULL, NULL, module_traverse, NULL, NULL};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

// Right: it reads, tests, and passes on.

static int good_traverse(PyObject *op, visitproc visit, void *arg) {
  Obj *self = (Obj *)op;
  assert(PyObject_Length(op) >= 0);
  Py_VISIT(Py_TYPE(op));
  Py_VISIT(self->src);
  if (self->list && PyList_CheckExact(self->list))
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self->list); ++i)
      Py_VISIT(PyList_GET_ITEM(self->list, i));
  if (PyObject_TypeCheck(op, &Section_Type))
    return Section_Type.tp_traverse(op, visit, arg);
  return PyObject_VisitManagedDict(op, visit, arg);
}
static PyType_Slot good_slots[] = {{Py_tp_traverse, (void *)good_traverse}, {0, NULL}};
PyType_Spec good_spec = {"spam.Good", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, good_slots};

static int state_traverse(PyObject *module, visitproc visit, void *arg) {
  PyObject **state = (PyObject **)PyModule_GetState(module);
  Py_VISIT(*state);
  return 0;
}
static struct PyModuleDef good_def = {PyModuleDef_HEAD_INIT, "good", NULL, 8, NULL, NULL, state_traverse, NULL, NULL};
PyMODINIT_FUNC PyInit_good(void) { return PyModuleDef_Init(&good_def); }

// tp_clear may.
static int good_clear(PyObject *op) {
  Py_CLEAR(((Obj *)op)->src);
  return 0;
}
