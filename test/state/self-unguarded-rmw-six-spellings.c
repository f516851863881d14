// Each rule about a field, in six spellings: plainly, with a cast, by a macro, in a helper, through a pointer, by a copy.
// RUN: %check_tidy %s cpython-state-self-lazy-init,cpython-state-self-unguarded-rmw,cpython-state-self-field-incref-race,cpython-state-half-locked-field,cpython-state-iternext-unsynchronised,cpython-state-buffer-export-counter,cpython-state-self-state-in-allow-threads,cpython-state-init-reentrant %t -python=3.13 -no-fix

#include <Python.h>
#include <stddef.h>
#include "structmember.h"
PyObject *make(void);
typedef struct handle handle;
handle *lib_open(const char *);
void lib_close(handle *);
int lib_do(handle *);
typedef struct {
  PyObject *o1, *o2, *o3, *o4, *o5, *o6;
  Py_ssize_t n1, n2, n3, n4, n5, n6;
} Inner;
typedef struct {
  PyObject_HEAD PyObject *l1, *l2, *l3, *l4, *l5, *l6; /* lazy */
  Py_ssize_t c1, c2, c3, c4, c5, c6;                   /* counters */
  PyObject *r1, *r2, *r3, *r4, *r5, *r6;               /* replaced */
  char *b1, *b2, *b3, *b4, *b5, *b6;                   /* realloc */
  Inner in;
  Inner *pin;
} Obj;
#define SELF(o) ((Obj *)(o))
#define GET(o, f) (SELF(o)->f)
#define BUMP(x) ((x) += 1)
#define SETREF(dst, src)                                                                           \
  do {                                                                                             \
    PyObject *tmp_ = (dst);                                                                        \
    (dst) = (src);                                                                                 \
    Py_XDECREF(tmp_);                                                                              \
  } while (0)
/* lazy: 1 plain, 2 cast, 3 macro, 4 helper, 5 ternary/early return, 6 local copy */
static PyObject *lazy1(Obj *self, PyObject *a) {
  if (!self->l1)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'l1' of 'Obj' is computed on first use without a lock; two threads in 'lazy1' can both find 'l1' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    self->l1 = make();
  return Py_XNewRef(self->l1);
}
static PyObject *lazy2(PyObject *self, PyObject *a) {
  if (((Obj *)self)->l2 == NULL) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'l2' of 'Obj' is computed on first use without a lock; two threads in 'lazy2' can both find 'l2' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    ((Obj *)self)->l2 = make();
  }
  return Py_XNewRef(((Obj *)self)->l2);
}
static PyObject *lazy3(PyObject *self, PyObject *a) {
  if (GET(self, l3) == NULL)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'l3' of 'Obj' is computed on first use without a lock; two threads in 'lazy3' can both find 'l3' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    GET(self, l3) = make();
  return Py_XNewRef(GET(self, l3));
}
static int fill4(Obj *self) {
  self->l4 = make();
  return self->l4 ? 0 : -1;
}
static PyObject *lazy4(Obj *self, PyObject *a) {
  if (self->l4 == NULL && fill4(self) < 0)
  // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'l4' of 'Obj' is computed on first use without a lock; two threads in 'lazy4' can both find 'l4' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    return NULL;
  return Py_NewRef(self->l4);
}
static PyObject *lazy5(Obj *self, PyObject *a) {
  if (self->l5 != NULL)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'l5' of 'Obj' is computed on first use without a lock; two threads in 'lazy5' can both find 'l5' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    return Py_NewRef(self->l5);
  PyObject *v = make();
  if (!v)
    return NULL;
  self->l5 = v;
  return Py_NewRef(v);
}
static PyObject *lazy6(Obj *self, PyObject *a) {
  PyObject *v = self->l6;
  if (v == NULL) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'l6' of 'Obj' is computed on first use without a lock; two threads in 'lazy6' can both find 'l6' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    v = make();
    if (!v)
      return NULL;
    self->l6 = v;
  }
  Py_INCREF(v);
  return v;
}
/* counters: 1 ++, 2 cast +=, 3 macro, 4 pointer, 5 f = f + 1, 6 helper by address */
static void bump(Py_ssize_t *p) { (*p)++; }
static PyObject *cnt1(Obj *self, PyObject *a) {
  self->c1++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'cnt1' changes 'c1' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(self->c1);
}
static PyObject *cnt2(PyObject *self, PyObject *a) {
  ((Obj *)self)->c2 += 2;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'cnt2' changes 'c2' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(((Obj *)self)->c2);
}
static PyObject *cnt3(PyObject *self, PyObject *a) {
  BUMP(GET(self, c3));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'cnt3' changes 'c3' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(GET(self, c3));
}
static PyObject *cnt4(Obj *self, PyObject *a) {
  Py_ssize_t *p = &self->c4;
  *p += 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'cnt4' changes 'c4' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(self->c4);
}
static PyObject *cnt5(Obj *self, PyObject *a) {
  self->c5 = self->c5 + 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'cnt5' changes 'c5' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(self->c5);
}
static PyObject *cnt6(Obj *self, PyObject *a) {
  bump(&self->c6);
  // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: 'cnt6' changes 'c6' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(self->c6);
}
/* replaced: 1 XSETREF 2 CLEAR 3 own macro 4 swap 5 helper 6 DECREF first */
static void put5(PyObject **p, PyObject *v) {
  PyObject *old = *p;
  *p = Py_XNewRef(v);
  Py_XDECREF(old);
}
static PyObject *rep1(Obj *self, PyObject *v) {
  Py_XSETREF(self->r1, Py_NewRef(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'rep1' replaces 'r1' of 'Obj' without a lock while 'g1' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}
static PyObject *rep2(Obj *self, PyObject *v) {
  Py_CLEAR(self->r2);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'rep2' replaces 'r2' of 'Obj' without a lock while 'g2' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}
static PyObject *rep3(PyObject *self, PyObject *v) {
  SETREF(GET(self, r3), Py_NewRef(v));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'rep3' replaces 'r3' of 'Obj' without a lock while 'g3' can be using the old object, and take a reference to it after it is freed [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}
static PyObject *rep4(Obj *self, PyObject *v) {
  PyObject *old = self->r4;
  Py_INCREF(v);
  self->r4 = v;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'rep4' replaces 'r4' of 'Obj' without a lock while 'g4' can be using it [cpython-state-self-field-incref-race]
  Py_XDECREF(old);
  Py_RETURN_NONE;
}
static PyObject *rep5(Obj *self, PyObject *v) {
  put5(&self->r5, v);
  // CHECK-MESSAGES: :[[@LINE-1]]:9: warning: 'rep5' replaces 'r5' of 'Obj' without a lock while 'g5' can be using it [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}
static PyObject *rep6(Obj *self, PyObject *v) {
  Py_XDECREF(self->r6);
  Py_INCREF(v);
  self->r6 = v;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'rep6' replaces 'r6' of 'Obj' without a lock while 'g6' can be using it [cpython-state-self-field-incref-race]
  Py_RETURN_NONE;
}
static PyObject *g1(Obj *self, void *c) { return Py_XNewRef(self->r1); }
static PyObject *g2(Obj *self, void *c) {
  if (self->r2) {
    Py_INCREF(self->r2);
    return self->r2;
  }
  Py_RETURN_NONE;
}
static PyObject *g3(PyObject *self, void *c) { return Py_XNewRef(GET(self, r3)); }
static PyObject *g4(Obj *self, void *c) {
  PyObject *r = self->r4;
  Py_XINCREF(r);
  return r;
}
static PyObject *g5(Obj *self, void *c) { return PyObject_Str(self->r5); }
static PyObject *g6(Obj *self, void *c) { return Py_BuildValue("O", self->r6); }
/* buffers */
static PyObject *buf1(Obj *self, PyObject *v) {
  self->b1 = PyMem_Realloc(self->b1, 10);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'buf1' changes 'b1' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  self->b1[0] = 1;
  Py_RETURN_NONE;
}
static PyObject *buf2(Obj *self, PyObject *v) {
  free(self->b2);
  self->b2 = malloc(10);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'buf2' changes 'b2' of 'Obj' without a lock while another thread in the same function can be reading it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static PyObject *buf3(Obj *self, PyObject *v) {
  char *p = realloc(self->b3, 3);
  if (p)
    self->b3 = p;
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'buf3' changes 'b3' of 'Obj' without a lock while another thread in the same function can be reading it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static PyObject *buf4(PyObject *self, PyObject *v) {
  PyMem_Resize(GET(self, b4), char, 5);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'buf4' changes 'b4' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static PyObject *buf5(Obj *self, PyObject *v) {
  char **p = &self->b5;
  free(*p);
  *p = NULL;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'buf5' changes 'b5' of 'Obj' without a lock while another thread in the same function can be reading it [cpython-state-self-unguarded-rmw]
  Py_RETURN_NONE;
}
static void set6(Obj *self, char *p) {
  PyMem_Free(self->b6);
  self->b6 = p;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'set6' changes 'b6' of 'Obj' without a lock while another thread in the same function can be reading it [cpython-state-self-unguarded-rmw]
}
static PyObject *buf6(Obj *self, PyObject *v) {
  set6(self, PyMem_Malloc(9));
  Py_RETURN_NONE;
}
/* nested structs */
static PyObject *in1(Obj *self, PyObject *v) {
  self->in.n1++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'in1' changes 'in.n1', 'n2', 'n4' and 'n6' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(self->in.n1);
}
static PyObject *in2(Obj *self, PyObject *v) {
  Inner *in = &self->in;
  in->n2++;
  return PyLong_FromSsize_t(in->n2);
}
static PyObject *in3(Obj *self, PyObject *v) {
  self->pin->n3++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'in3' changes 'pin->n3', 'n4' and 'o5' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
  return PyLong_FromSsize_t(self->pin->n3);
}
static void inner(Inner *in) { in->n4++; }
static PyObject *in4(Obj *self, PyObject *v) {
  inner(&self->in);
  return PyLong_FromSsize_t(self->in.n4);
}
static PyObject *in5(Obj *self, PyObject *v) {
  inner(self->pin);
  Py_SETREF(self->pin->o5, Py_NewRef(v));
  return Py_NewRef(self->pin->o5);
}
static PyObject *in6(Obj *self, PyObject *v) {
  memset(&self->in.n6, 0, sizeof self->in.n6);
  return PyLong_FromSsize_t(self->in.n6);
}
#define M(n) {#n, (PyCFunction)n, METH_O, NULL}
static PyMethodDef methods[] = {M(lazy1), M(lazy2), M(lazy3), M(lazy4), M(lazy5), M(lazy6), M(cnt1),
                                M(cnt2),  M(cnt3),  M(cnt4),  M(cnt5),  M(cnt6),  M(rep1),  M(rep2),
                                M(rep3),  M(rep4),  M(rep5),  M(rep6),  M(buf1),  M(buf2),  M(buf3),
                                M(buf4),  M(buf5),  M(buf6),  M(in1),   M(in2),   M(in3),   M(in4),
                                M(in5),   M(in6),   {NULL}};
static PyGetSetDef getset[] = {{"g1", (getter)g1},
                               {"g2", (getter)g2},
                               {"g3", (getter)g3},
                               {"g4", (getter)g4},
                               {"g5", (getter)g5},
                               {"g6", (getter)g6},
                               {NULL}};
static PyType_Slot slots[] = {{Py_tp_methods, methods}, {Py_tp_getset, getset}, {0, NULL}};
PyType_Spec spec = {"demo.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT, slots};
