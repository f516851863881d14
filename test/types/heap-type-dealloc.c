// RUN: %check_tidy %s cpython-types-heap-type-dealloc %t

#include <Python.h>
#include <structmember.h>

typedef struct {
  PyObject_HEAD
  PyObject *src;
  PyObject *weakrefs;
} Obj;

static int obj_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(((Obj *)self)->src);
  return 0;
}

// The type leaks, and the collector sees half an object.

static void leaks_dealloc(PyObject *self) {
  // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'leaks_dealloc' does not drop the reference that instances of heap type 'spam.Leaks' own to their type: the type, its module and the module's state are never freed [cpython-types-heap-type-dealloc]
  // CHECK-MESSAGES: :[[@LINE-2]]:13: warning: 'leaks_dealloc' releases 'src' while the collector still knows the object: it can be traversed, and found by gc.get_objects(), half released [cpython-types-heap-type-dealloc]
  // CHECK-FIXES: PyTypeObject *type = Py_TYPE(self);
  // CHECK-FIXES: PyObject_GC_UnTrack(self);
  Py_XDECREF(((Obj *)self)->src);
  Py_TYPE(self)->tp_free(self);
  // CHECK-FIXES: Py_DECREF(type);
}
static PyType_Slot leaks_slots[] = {
    {Py_tp_dealloc, (void *)leaks_dealloc}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec leaks_spec = {"spam.Leaks", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, leaks_slots};

static void keeps_dealloc(Obj *self) {
  // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'keeps_dealloc' does not drop the reference that instances of heap type 'spam.Keeps' own to their type: the type, its module and the module's state are never freed
  PyTypeObject *tp = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_CLEAR(self->src);
  tp->tp_free(self);
  // CHECK-FIXES: Py_DECREF(tp);
}
static PyType_Slot keeps_slots[] = {
    {Py_tp_dealloc, (void *)keeps_dealloc}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec keeps_spec = {"spam.Keeps", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, keeps_slots};

// In the wrong order.

static void early_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_CLEAR(((Obj *)self)->src);
  Py_DECREF(tp);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the reference to the type of the object is dropped before the object is freed: this can free the type that frees it
  // CHECK-FIXES-REMOVED: Py_DECREF(tp);
  tp->tp_free(self);
  // CHECK-FIXES: Py_DECREF(tp);
}
static PyType_Slot early_slots[] = {
    {Py_tp_dealloc, (void *)early_dealloc}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec early_spec = {"spam.Early", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, early_slots};

static void late_dealloc(PyObject *self) {
  // CHECK-FIXES: PyTypeObject *type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(Py_TYPE(self));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the type is read from the object after it was freed
  // CHECK-FIXES: Py_DECREF(type);
}
static PyType_Slot late_slots[] = {{Py_tp_dealloc, (void *)late_dealloc}, {0, NULL}};
PyType_Spec late_spec = {"spam.Late", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, late_slots};

// The wrong function.

static void wrong_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  PyObject_Free(self);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyObject_Free' frees an instance of 'spam.Wrong', but the type has Py_TPFLAGS_HAVE_GC: tp_free is the function that fits the type
  // CHECK-FIXES: tp->tp_free(self);
  Py_DECREF(tp);
}
static PyType_Slot wrong_slots[] = {
    {Py_tp_dealloc, (void *)wrong_dealloc}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec wrong_spec = {"spam.Wrong", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, wrong_slots};

static void subclassed_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  PyObject_Free(self);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'PyObject_Free' frees an instance of 'spam.Subclassed', but an instance of a subclass can have a header of the collector: tp_free is the function that fits the type
  // CHECK-FIXES: tp->tp_free(self);
  Py_DECREF(tp);
}
static PyType_Slot subclassed_slots[] = {{Py_tp_dealloc, (void *)subclassed_dealloc}, {0, NULL}};
PyType_Spec subclassed_spec = {"spam.Subclassed", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, subclassed_slots};

static void my_free(void *op) { PyObject_Free(op); }
static PyType_Slot custom_slots[] = {{Py_tp_free, (void *)my_free}, {0, NULL}};
// CHECK-MESSAGES: :[[@LINE-1]]:51: warning: heap type 'spam.Custom' sets Py_tp_free to 'my_free', but its memory must be freed by 'PyObject_Free', which is set when the slot is left out
PyType_Spec custom_spec = {"spam.Custom", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, custom_slots};
static PyType_Slot usual_slots[] = {
    {Py_tp_free, (void *)PyObject_GC_Del}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec usual_spec = {"spam.Usual", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, usual_slots};

// Weak references.

static void weak_dealloc(PyObject *self) {
  // CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'weak_dealloc' does not clear the weak references to the object: they point to freed memory afterwards
  PyTypeObject *tp = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  // CHECK-FIXES: PyObject_ClearWeakRefs((PyObject *)self);
  Py_CLEAR(((Obj *)self)->src);
  tp->tp_free(self);
  Py_DECREF(tp);
}
static PyMemberDef weak_members[] = {
    {(char *)"__weaklistoffset__", T_PYSSIZET, offsetof(Obj, weakrefs), READONLY, NULL}, {NULL, 0, 0, 0, NULL}};
static PyType_Slot weak_slots[] = {{Py_tp_dealloc, (void *)weak_dealloc},
                                   {Py_tp_traverse, (void *)obj_traverse},
                                   {Py_tp_members, weak_members},
                                   {0, NULL}};
PyType_Spec weak_spec = {"spam.Weak", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, weak_slots};

// Instances of static types own no reference to their type.

static void static_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  tp->tp_free(self);
  Py_DECREF(tp);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the reference to the type is dropped, but instances of static type 'spam.Static' own none
}
PyTypeObject Static_Type = {PyVarObject_HEAD_INIT(NULL, 0) "spam.Static", sizeof(Obj), 0, static_dealloc};

static void either_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  tp->tp_free(self);
  if (tp->tp_flags & Py_TPFLAGS_HEAPTYPE)
    Py_DECREF(tp);
}
PyTypeObject Either_Type = {PyVarObject_HEAD_INIT(NULL, 0) "spam.Either", sizeof(Obj), 0, either_dealloc};

// Right.

static int obj_clear(PyObject *self) {
  Py_CLEAR(((Obj *)self)->src);
  return 0;
}
static void good_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  if (PyObject_CallFinalizerFromDealloc(self) < 0)
    return;
  PyObject_GC_UnTrack(self);
  if (((Obj *)self)->weakrefs != NULL)
    PyObject_ClearWeakRefs(self);
  (void)obj_clear(self);
  tp->tp_free(self);
  Py_DECREF(tp);
}
static PyType_Slot good_slots[] = {{Py_tp_dealloc, (void *)good_dealloc},
                                   {Py_tp_traverse, (void *)obj_traverse},
                                   {Py_tp_members, weak_members},
                                   {0, NULL}};
PyType_Spec good_spec = {"spam.Good", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, good_slots};

static void finish(PyTypeObject *tp, void *op) {
  freefunc do_free = (freefunc)PyType_GetSlot(tp, Py_tp_free);
  do_free(op);
  Py_DECREF(tp);
}
static void helper_dealloc(PyObject *self) {
  PyObject_GC_UnTrack(self);
  obj_clear(self);
  finish(Py_TYPE(self), self);
}
static PyType_Slot helper_slots[] = {
    {Py_tp_dealloc, (void *)helper_dealloc}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec helper_spec = {"spam.Helper", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, helper_slots};

static PyTypeObject *base;
static void derived_dealloc(PyObject *self) {
  PyObject_GC_UnTrack(self);
  Py_CLEAR(((Obj *)self)->src);
  base->tp_dealloc(self);
}
static PyType_Slot derived_slots[] = {
    {Py_tp_dealloc, (void *)derived_dealloc}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec derived_spec = {"spam.Derived", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, derived_slots};

// Freed without the help of the type, which may be gone by then.
static void plain_dealloc(PyObject *self) {
  Py_DECREF(Py_TYPE(self));
  PyObject_Free(self);
}
static PyType_Slot plain_slots[] = {{Py_tp_dealloc, (void *)plain_dealloc}, {0, NULL}};
PyType_Spec plain_spec = {"spam.Plain", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, plain_slots};

// Nothing to release: the collector may look.
static void empty_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  tp->tp_free(self);
  Py_DECREF(tp);
}
static PyType_Slot empty_slots[] = {
    {Py_tp_dealloc, (void *)empty_dealloc}, {Py_tp_traverse, (void *)obj_traverse}, {0, NULL}};
PyType_Spec empty_spec = {"spam.Empty", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, empty_slots};

// A stock of old objects.
static Obj *stock[8];
static int stocked;
static void stock_dealloc(PyObject *self) {
  PyTypeObject *tp = Py_TYPE(self);
  if (stocked < 8)
    stock[stocked++] = (Obj *)self;
  else
    tp->tp_free(self);
  Py_DECREF(tp);
}
static PyType_Slot stock_slots[] = {{Py_tp_dealloc, (void *)stock_dealloc}, {0, NULL}};
PyType_Spec stock_spec = {"spam.Stock", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, stock_slots};
