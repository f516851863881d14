// Places of all kinds that hold objects without a reference.
// RUN: %check_tidy %s cpython-refs-weak-pointer-cache %t -python=3.15

#include <Python.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
typedef struct {
  PyObject_HEAD int id;
  void *native;
  PyObject *owned;
} Obj;

/* hash table of own struct entries */
struct entry {
  int key;
  PyObject *value;
  struct entry *next;
};
static struct entry *buckets[64];
static void tab_insert(int key, PyObject *v) {
  struct entry *e = malloc(sizeof *e);
  e->key = key;
  e->value = v;
  e->next = buckets[key % 64];
  buckets[key % 64] = e;
}
static void tab_remove(int key) {
  struct entry **p = &buckets[key % 64];
  while (*p) {
    if ((*p)->key == key) {
      struct entry *d = *p;
      *p = d->next;
      free(d);
      return;
    }
    p = &(*p)->next;
  }
}
static PyObject *tab_find(int key) {
  for (struct entry *e = buckets[key % 64]; e; e = e->next)
    if (e->key == key)
      return e->value;
  return NULL;
}
static void Obj_dealloc(PyObject *op) {
  Obj *o = (Obj *)op;
  tab_remove(o->id);
  Py_TYPE(op)->tp_free(op);
}
static PyObject *Obj_get(PyObject *m, PyObject *arg) {
  int k = (int)PyLong_AsLong(arg);
  PyObject *v = tab_find(k);
  if (v) {
    Py_INCREF(v);
    // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'Obj_get' takes a reference to the object in 'value', which may be dying: 'value' does not own it [cpython-refs-weak-pointer-cache]
    return v;
  }
  v = (PyObject *)PyObject_New(Obj, (PyTypeObject *)m);
  tab_insert(k, v);
  return v;
}
/* array by index, dealloc clears slot */
#define MAXO 100
static Obj *slots_[MAXO];
static void Slot_dealloc(Obj *o) {
  slots_[o->id] = NULL;
  PyObject_Free(o);
}
static PyObject *Slot_get(PyObject *m, PyObject *arg) {
  long i = PyLong_AsLong(arg);
  if (i < 0 || i >= MAXO)
    Py_RETURN_NONE;
  Obj *o = slots_[i];
  if (o == NULL) {
    o = PyObject_New(Obj, (PyTypeObject *)m);
    if (!o)
      return NULL;
    o->id = i;
    slots_[i] = o;
    return (PyObject *)o;
  }
  return Py_NewRef((PyObject *)o);
  // CHECK-MESSAGES: :[[@LINE-1]]:32: warning: 'Slot_get' takes a reference to the object in 'slots_', which may be dying: 'slots_' does not own it [cpython-refs-weak-pointer-cache]
}
/* owned array: dealloc of something else clears with DECREF; entries owned -> fine */
static PyObject *ownedslots[MAXO];
static void Owned_dealloc(Obj *o) {
  Py_CLEAR(ownedslots[o->id]);
  PyObject_Free(o);
}
static PyObject *Owned_get(PyObject *m, PyObject *arg) {
  long i = PyLong_AsLong(arg) & 63;
  if (ownedslots[i] == NULL) {
    ownedslots[i] = PyLong_FromLong(i);
  }
  return Py_XNewRef(ownedslots[i]);
}
/* under a lock with TryIncRef */
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static PyObject *cur4;
static void D4(PyObject *o) {
  pthread_mutex_lock(&mu);
  if (cur4 == o)
    cur4 = NULL;
  pthread_mutex_unlock(&mu);
  PyObject_Free(o);
}
static PyObject *G4(PyObject *m, PyObject *a) {
  PyObject *r = NULL;
  pthread_mutex_lock(&mu);
  if (cur4 && PyUnstable_TryIncRef(cur4))
    r = cur4;
  pthread_mutex_unlock(&mu);
  if (!r) {
    r = (PyObject *)PyObject_New(Obj, (PyTypeObject *)m);
    PyUnstable_EnableTryIncRef(r);
    pthread_mutex_lock(&mu);
    cur4 = r;
    pthread_mutex_unlock(&mu);
  }
  return r;
}
/* lock but plain INCREF: still dying */
static PyObject *cur5;
static void D5(PyObject *o) {
  pthread_mutex_lock(&mu);
  if (cur5 == o)
    cur5 = NULL;
  pthread_mutex_unlock(&mu);
  PyObject_Free(o);
}
static PyObject *G5(PyObject *m, PyObject *a) {
  PyObject *r;
  pthread_mutex_lock(&mu);
  r = cur5;
  Py_XINCREF(r);
  // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'G5' takes a reference to the object in 'cur5', which may be dying: 'cur5' does not own it [cpython-refs-weak-pointer-cache]
  pthread_mutex_unlock(&mu);
  if (!r) {
    r = (PyObject *)PyObject_New(Obj, (PyTypeObject *)m);
    pthread_mutex_lock(&mu);
    cur5 = r;
    pthread_mutex_unlock(&mu);
  }
  return r;
}
/* dealloc removes via helper of helper and field of state struct */
struct reg {
  PyObject *live;
  int n;
};
static struct reg R6;
static void forget6(struct reg *r, PyObject *o) {
  if (r->live == o) {
    r->live = NULL;
    r->n--;
  }
}
static void unregister6(PyObject *o) { forget6(&R6, o); }
static void D6(PyObject *o) {
  unregister6(o);
  PyObject_Free(o);
}
static PyObject *G6(PyObject *m, PyObject *a) {
  if (R6.live != NULL) {
    PyObject *o = R6.live;
    Py_INCREF(o);
    // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'G6' takes a reference to the object in 'live', which may be dying: 'live' does not own it [cpython-refs-weak-pointer-cache]
    return o;
  }
  R6.live = (PyObject *)PyObject_New(Obj, (PyTypeObject *)m);
  return R6.live;
}
/* linked list of all objects, walked */
typedef struct Node {
  PyObject_HEAD struct Node *next, *prev;
} Node;
static Node *all;
static void Node_dealloc(Node *n) {
  if (n->prev)
    n->prev->next = n->next;
  else
    all = n->next;
  if (n->next)
    n->next->prev = n->prev;
  PyObject_Free(n);
}
static PyObject *Node_list(PyObject *m, PyObject *a) {
  PyObject *l = PyList_New(0);
  for (Node *n = all; n; n = n->next) {
    Py_INCREF(n);
    // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'Node_list' takes a reference to the object in 'all', which may be dying: 'all' does not own it [cpython-refs-weak-pointer-cache]
    PyList_Append(l, (PyObject *)n);
    Py_DECREF(n);
  }
  return l;
}
static PyObject *Node_make(PyObject *m, PyObject *a) {
  Node *n = PyObject_New(Node, (PyTypeObject *)m);
  n->next = all;
  n->prev = NULL;
  if (all)
    all->prev = n;
  all = n;
  return (PyObject *)n;
}
/* strong singleton, dealloc never runs meanwhile: owns a ref (INCREF when stored) */
static PyObject *single;
static void D8(PyObject *o) {
  if (single == o)
    single = NULL;
  PyObject_Free(o);
}
static PyObject *G8(PyObject *m, PyObject *a) {
  if (!single) {
    single = (PyObject *)PyObject_New(Obj, (PyTypeObject *)m);
    if (!single)
      return NULL;
  }
  Py_INCREF(single); /* keeps one for itself */
  return single;
}
/* weak reference objects in the table */
static PyObject *wr9;
static void D9(PyObject *o) {
  Py_CLEAR(wr9);
  PyObject_Free(o);
}
static PyObject *G9(PyObject *m, PyObject *a) {
  PyObject *r;
  if (wr9 && PyWeakref_GetRef(wr9, &r) > 0)
    return r;
  Py_RETURN_NONE;
}
/* freelist: dead objects kept by dealloc (not weak pointers) */
static Obj *freelist;
static void D10(Obj *o) {
  o->native = freelist;
  freelist = o;
}
static PyObject *G10(PyObject *m, PyObject *a) {
  Obj *o = freelist;
  if (o) {
    freelist = o->native;
    PyObject_Init((PyObject *)o, (PyTypeObject *)m);
    return (PyObject *)o;
  }
  return (PyObject *)PyObject_New(Obj, (PyTypeObject *)m);
}
/* void* back pointer in a native handle set_user_data */
struct native {
  void *user;
};
static struct native N11;
static void D11(Obj *o) {
  N11.user = NULL;
  PyObject_Free(o);
}
static PyObject *G11(PyObject *m, PyObject *a) {
  if (N11.user) {
    Obj *o = (Obj *)N11.user;
    return Py_NewRef((PyObject *)o);
    // CHECK-MESSAGES: :[[@LINE-1]]:34: warning: 'G11' takes a reference to the object in 'user', which may be dying: 'user' does not own it [cpython-refs-weak-pointer-cache]
  }
  N11.user = PyObject_New(Obj, (PyTypeObject *)m);
  return (PyObject *)N11.user;
}

#define T(n, d)                                                                                    \
  static PyType_Slot n##_s[] = {{Py_tp_dealloc, d}, {0}};                                          \
  PyType_Spec n##_spec = {"m." #n, sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, n##_s};
T(t1, Obj_dealloc)
T(t2, Slot_dealloc) T(t3, Owned_dealloc) T(t4, D4) T(t5, D5) T(t6, D6) T(t7, Node_dealloc) T(t8, D8)
    T(t9, D9) T(t10, D10) T(t11, D11) static PyMethodDef methods[] = {{"a", Obj_get, METH_O, NULL},
                                                                      {"b", Slot_get, METH_O},
                                                                      {"c", Owned_get, METH_O},
                                                                      {"d", G4, METH_O},
                                                                      {"e", G5, METH_O},
                                                                      {"f", G6, METH_O},
                                                                      {"g", Node_list, METH_O},
                                                                      {"g2", Node_make, METH_O},
                                                                      {"h", G8, METH_O},
                                                                      {"i", G9, METH_O},
                                                                      {"j", G10, METH_O},
                                                                      {"k", G11, METH_O},
                                                                      {0}};
static PyModuleDef_Slot slots[] = {{Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0, NULL}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "m", .m_methods = methods,
                          .m_slots = slots};
PyMODINIT_FUNC PyInit_m(void) { return PyModuleDef_Init(&def); }
