// Iterators, export counts, uses while detached and __init__(), in six spellings each.
// RUN: %check_tidy %s cpython-state-self-lazy-init,cpython-state-self-unguarded-rmw,cpython-state-self-field-incref-race,cpython-state-half-locked-field,cpython-state-iternext-unsynchronised,cpython-state-buffer-export-counter,cpython-state-self-state-in-allow-threads,cpython-state-init-reentrant %t -python=3.13 -no-fix

#include <Python.h>
#include <stddef.h>
PyObject *make(void);
typedef struct handle handle;
handle *lib_open(const char *);
void lib_close(handle *);
int lib_do(handle *);
typedef struct {
  PyObject_HEAD PyObject *seq;
  Py_ssize_t i;
  Py_ssize_t stop;
} It;
/* iterators: 1 tp_iternext */
#define IT(n)                                                                                      \
  typedef struct {                                                                                 \
    PyObject_HEAD PyObject *seq;                                                                   \
    Py_ssize_t i;                                                                                  \
  } It##n;
IT(1) IT(2) IT(3) IT(4) IT(5) IT(6) static PyObject *next1(It1 *it) {
  if (!it->seq)
    return NULL;
  PyObject *v = PySequence_GetItem(it->seq, it->i++);
  if (!v)
    Py_CLEAR(it->seq);
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: the next step of 'It1' changes 'seq' without a lock; two threads that step the same iterator, in 'next1', can both release the object it holds [cpython-state-iternext-unsynchronised]
  return v;
}
static PyObject *next2(PyObject *op) {
  It2 *it = (It2 *)op;
  PyObject *s = it->seq;
  if (s == NULL)
    return NULL;
  if (it->i < PyList_GET_SIZE(s)) {
    PyObject *v = PyList_GET_ITEM(s, it->i);
    ++it->i;
    return Py_NewRef(v);
  }
  it->seq = NULL;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the next step of 'It2' changes 'seq' and 'i' without a lock; two threads that step the same iterator, in 'next2', can go past the end or see half a step [cpython-state-iternext-unsynchronised]
  Py_DECREF(s);
  return NULL;
}
static void done3(It3 *it) { Py_SETREF(it->seq, NULL); }
// CHECK-MESSAGES: :[[@LINE-1]]:30: warning: the next step of 'It3' changes 'seq' and 'i' without a lock; two threads that step the same iterator, in 'done3', can both release the object it holds [cpython-state-iternext-unsynchronised]
static PyObject *next3(It3 *it) {
  if (it->i > 9) {
    done3(it);
    return NULL;
  }
  return PyLong_FromSsize_t(it->i++);
}
static PyObject *next4(PyObject *self, PyObject *unused) {
  It4 *it = (It4 *)self;
  if (it->seq) {
    PyObject *t = it->seq;
    it->seq = PyIter_Next(t);
    // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: the next step of 'It4' changes 'seq' and 'i' without a lock; two threads that step the same iterator, in 'next4', can go past the end or see half a step [cpython-state-iternext-unsynchronised]
    Py_DECREF(t);
  }
  return PyLong_FromSsize_t(it->i++);
}
static PySendResult send5(PyObject *self, PyObject *arg, PyObject **result) {
  It5 *it = (It5 *)self;
  *result = it->seq;
  it->seq = Py_NewRef(arg);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the next step of 'It5' changes 'seq' without a lock; two threads that step the same iterator, in 'send5', can go past the end or see half a step [cpython-state-iternext-unsynchronised]
  return PYGEN_NEXT;
}
static PyObject *step6(It6 *it) {
  Py_CLEAR(it->seq);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the next step of 'It6' changes 'seq' and 'i' without a lock; two threads that step the same iterator, in 'step6', can both release the object it holds [cpython-state-iternext-unsynchronised]
  it->i += 1;
  return NULL;
}
static PyObject *next6(PyObject *o) { return step6((It6 *)o); }
static PyType_Slot s1[] = {{Py_tp_iternext, next1}, {0}};
PyType_Spec p1 = {"d.I1", sizeof(It1), 0, 0, s1};
PyTypeObject T2 = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "d.I2", .tp_basicsize = sizeof(It2),
                   .tp_iternext = next2};
static PyType_Slot s3[] = {{Py_tp_iternext, (void *)next3}, {0}};
PyType_Spec p3 = {"d.I3", sizeof(It3), 0, 0, s3};
static PyMethodDef m4[] = {{"__next__", next4, METH_NOARGS}, {0}};
static PyType_Slot s4[] = {{Py_tp_methods, m4}, {0}};
PyType_Spec p4 = {"d.I4", sizeof(It4), 0, 0, s4};
static PyType_Slot s5[] = {{Py_am_send, send5}, {0}};
PyType_Spec p5 = {"d.I5", sizeof(It5), 0, 0, s5};
static PyTypeObject T6 = {PyVarObject_HEAD_INIT(NULL, 0) "d.I6", sizeof(It6)};
int init6(void) {
  T6.tp_iternext = next6;
  return PyType_Ready(&T6);
}
/* buffer exports */
#define BU(n)                                                                                      \
  typedef struct {                                                                                 \
    PyObject_HEAD char *b;                                                                         \
    int ex;                                                                                        \
  } B##n;
BU(1) BU(2) BU(3) BU(4) BU(5) BU(6) static int gb1(B1 *s, Py_buffer *v, int f) {
  s->ex++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'gb1' changes the export count 'ex' of 'B1' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
  return PyBuffer_FillInfo(v, (PyObject *)s, s->b, 1, 0, f);
}
static void rb1(B1 *s, Py_buffer *v) { s->ex--; }
static int gb2(PyObject *s, Py_buffer *v, int f) {
  B2 *b = (B2 *)s;
  if (PyBuffer_FillInfo(v, s, b->b, 1, 0, f) < 0)
    return -1;
  b->ex += 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'gb2' changes the export count 'ex' of 'B2' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
  return 0;
}
static void rb2(PyObject *s, Py_buffer *v) { ((B2 *)s)->ex -= 1; }
#define INC(x) ((x)->ex++)
static int gb3(B3 *s, Py_buffer *v, int f) {
  INC(s);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'gb3' changes the export count 'ex' of 'B3' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
  return PyBuffer_FillInfo(v, (PyObject *)s, s->b, 1, 0, f);
}
static void rb3(B3 *s, Py_buffer *v) {
  if (--s->ex == 0)
    free(s->b);
}
static void up4(B4 *s) { s->ex++; }
// CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'up4' changes the export count 'ex' of 'B4' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
static int gb4(B4 *s, Py_buffer *v, int f) {
  up4(s);
  return PyBuffer_FillInfo(v, (PyObject *)s, s->b, 1, 0, f);
}
static void rb4(B4 *s, Py_buffer *v) { s->ex--; }
static int gb5(B5 *s, Py_buffer *v, int f) {
  s->ex = s->ex + 1;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'gb5' changes the export count 'ex' of 'B5' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
  return PyBuffer_FillInfo(v, (PyObject *)s, s->b, 1, 0, f);
}
static void rb5(B5 *s, Py_buffer *v) { s->ex = s->ex - 1; }
static int gb6(B6 *s, Py_buffer *v, int f) {
  int *p = &s->ex;
  ++*p;
  // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'gb6' changes the export count 'ex' of 'B6' without a lock; two threads lose a count, and the memory is resized while a buffer still points to it [cpython-state-buffer-export-counter]
  return PyBuffer_FillInfo(v, (PyObject *)s, s->b, 1, 0, f);
}
static void rb6(B6 *s, Py_buffer *v) { --s->ex; }
#define BT(n)                                                                                      \
  static PyBufferProcs bp##n = {(getbufferproc)gb##n, (releasebufferproc)rb##n};                   \
  PyTypeObject BT##n = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "d.B" #n,                         \
                        .tp_basicsize = sizeof(B##n), .tp_as_buffer = &bp##n};
BT(1) BT(2) static PyType_Slot bs3[] = {{Py_bf_getbuffer, gb3}, {Py_bf_releasebuffer, rb3}, {0}};
PyType_Spec bp3 = {"d.B3", sizeof(B3), 0, 0, bs3};
BT(4)
BT(5) BT(6)
/* detached */
#define DE(n)                                                                                      \
  typedef struct {                                                                                 \
    PyObject_HEAD handle *h;                                                                       \
  } D##n;
    DE(1) DE(2) DE(3) DE(4) DE(5) DE(6) static PyObject *rd1(D1 *s, PyObject *a) {
  int r;
  Py_BEGIN_ALLOW_THREADS r = lib_do(s->h);
  // CHECK-MESSAGES: :[[@LINE-1]]:37: warning: 'rd1' uses 'h' of 'D1' while detached; meanwhile, even with the GIL, 'cl1' can free or replace it [cpython-state-self-state-in-allow-threads]
  Py_END_ALLOW_THREADS return PyLong_FromLong(r);
}
static PyObject *cl1(D1 *s, PyObject *a) {
  lib_close(s->h);
  s->h = NULL;
  Py_RETURN_NONE;
}
static PyObject *rd2(PyObject *s, PyObject *a) {
  handle *h = ((D2 *)s)->h;
  PyThreadState *t = PyEval_SaveThread();
  lib_do(h);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'rd2' changes what is behind 'h' of 'D2' while detached; meanwhile, even with the GIL, 'cl2' can change it [cpython-state-self-state-in-allow-threads]
  PyEval_RestoreThread(t);
  Py_RETURN_NONE;
}
static PyObject *cl2(D2 *s, PyObject *a) {
  lib_close(s->h);
  s->h = NULL;
  Py_RETURN_NONE;
}
#define DETACHED(x)                                                                                \
  do {                                                                                             \
    PyThreadState *_s = PyEval_SaveThread();                                                       \
    x;                                                                                             \
    PyEval_RestoreThread(_s);                                                                      \
  } while (0)
static PyObject *rd3(D3 *s, PyObject *a) {
  DETACHED(lib_do(s->h));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'rd3' uses 'h' of 'D3' while detached; meanwhile, even with the GIL, 'cl3' can free or replace it [cpython-state-self-state-in-allow-threads]
  Py_RETURN_NONE;
}
static PyObject *cl3(D3 *s, PyObject *a) {
  handle *h = s->h;
  s->h = NULL;
  lib_close(h);
  Py_RETURN_NONE;
}
static int work4(D4 *s) { return lib_do(s->h); }
// CHECK-MESSAGES: :[[@LINE-1]]:41: warning: 'work4' uses 'h' of 'D4' while detached; meanwhile, even with the GIL, 'cl4' can free or replace it [cpython-state-self-state-in-allow-threads]
static PyObject *rd4(D4 *s, PyObject *a) {
  Py_BEGIN_ALLOW_THREADS work4(s);
  Py_END_ALLOW_THREADS Py_RETURN_NONE;
}
static PyObject *cl4(D4 *s, PyObject *a) {
  lib_close(s->h);
  s->h = NULL;
  Py_RETURN_NONE;
}
static PyObject *rd5(D5 *s, PyObject *a) {
  Py_BEGIN_ALLOW_THREADS;
  lib_do(s->h);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'rd5' uses 'h' of 'D5' while detached; meanwhile, even with the GIL, 'cl5' can free or replace it [cpython-state-self-state-in-allow-threads]
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}
static void clh(handle **h) {
  lib_close(*h);
  *h = NULL;
}
static PyObject *cl5(D5 *s, PyObject *a) {
  clh(&s->h);
  Py_RETURN_NONE;
}
static PyObject *rd6(D6 *s, PyObject *a) {
  Py_BEGIN_ALLOW_THREADS lib_do(s->h);
  // CHECK-MESSAGES: :[[@LINE-1]]:33: warning: 'rd6' changes what is behind 'h' of 'D6' while detached; meanwhile, even with the GIL, another thread in the same function can change it [cpython-state-self-state-in-allow-threads]
  Py_END_ALLOW_THREADS Py_RETURN_NONE;
}
static int in6(D6 *s, PyObject *a, PyObject *k) {
  if (s->h)
    lib_close(s->h);
  s->h = lib_open("x");
  return 0;
}
#define DM(n)                                                                                      \
  static PyMethodDef dm##n[] = {                                                                   \
      {"r", (PyCFunction)rd##n, METH_NOARGS}, {"c", (PyCFunction)cl##n, METH_NOARGS}, {0}};        \
  PyTypeObject DT##n = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "d.D" #n,                         \
                        .tp_basicsize = sizeof(D##n), .tp_methods = dm##n};
DM(1)
DM(2) DM(3) DM(4) DM(5) static PyMethodDef dm6[] = {{"r", (PyCFunction)rd6, METH_NOARGS}, {0}};
PyTypeObject DT6 = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "d.D6", .tp_basicsize = sizeof(D6),
                    .tp_methods = dm6, .tp_init = (initproc)in6};
/* init */
#define IN(n)                                                                                      \
  typedef struct {                                                                                 \
    PyObject_HEAD char *b;                                                                         \
    PyObject *o;                                                                                   \
  } N##n;
IN(1) IN(2) IN(3) IN(4) IN(5) IN(6) static int ni1(N1 *s, PyObject *a, PyObject *k) {
  s->b = malloc(3);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ni1' overwrites 'b' of 'N1' each time __init__() is called; what an earlier call has put there leaks, and 'nu1' may be using it [cpython-state-init-reentrant]
  return 0;
}
static int ni2(PyObject *s, PyObject *a, PyObject *k) {
  ((N2 *)s)->b = PyMem_Malloc(4);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ni2' overwrites 'b' of 'N2' each time __init__() is called; what an earlier call has put there leaks, and 'nu2' may be using it [cpython-state-init-reentrant]
  return 0;
}
static int ni3(N3 *s, PyObject *a, PyObject *k) {
  s->o = PyList_New(0);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ni3' overwrites 'o' of 'N3' each time __init__() is called; what an earlier call has put there leaks, and 'nu3' may be using it [cpython-state-init-reentrant]
  return s->o ? 0 : -1;
}
static int set4(N4 *s) {
  s->b = strdup("x");
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'set4' overwrites 'b' of 'N4' each time __init__() is called; what an earlier call has put there leaks, and 'nu4' may be using it [cpython-state-init-reentrant]
  return 0;
}
static int ni4(N4 *s, PyObject *a, PyObject *k) { return set4(s); }
static int ni5(N5 *s, PyObject *a, PyObject *k) {
  PyObject *o;
  if (!PyArg_ParseTuple(a, "O", &o))
    return -1;
  Py_INCREF(o);
  s->o = o;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ni5' overwrites 'o' of 'N5' each time __init__() is called; what an earlier call has put there leaks, and 'nu5' may be using it [cpython-state-init-reentrant]
  return 0;
}
static int ni6(N6 *s, PyObject *a, PyObject *k) {
  PyObject *o = PyDict_New();
  if (!o)
    return -1;
  s->o = o;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ni6' overwrites 'o' of 'N6' each time __init__() is called; what an earlier call has put there leaks, and 'nu6' may be using it [cpython-state-init-reentrant]
  return 0;
}
static PyObject *nu1(N1 *s, PyObject *a) { return PyLong_FromLong(s->b[0]); }
static PyObject *nu2(N2 *s, PyObject *a) { return PyLong_FromLong(s->b[0]); }
static PyObject *nu3(N3 *s, PyObject *a) { return Py_NewRef(s->o); }
static PyObject *nu4(N4 *s, PyObject *a) { return PyLong_FromLong(s->b[0]); }
static PyObject *nu5(N5 *s, PyObject *a) { return Py_NewRef(s->o); }
static PyObject *nu6(N6 *s, PyObject *a) { return Py_NewRef(s->o); }
static void nd1(N1 *s) { free(s->b); }
static void nd2(N2 *s) { PyMem_Free(s->b); }
static void nd3(N3 *s) { Py_XDECREF(s->o); }
static void nd4(N4 *s) { free(s->b); }
static void nd5(N5 *s) { Py_XDECREF(s->o); }
static void nd6(N6 *s) { Py_CLEAR(s->o); }
#define NM(n)                                                                                      \
  static PyMethodDef nm##n[] = {{"u", (PyCFunction)nu##n, METH_NOARGS}, {0}};                      \
  PyTypeObject NT##n = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "d.N" #n,                         \
                        .tp_basicsize = sizeof(N##n), .tp_methods = nm##n,                         \
                        .tp_init = (initproc)ni##n, .tp_dealloc = (destructor)nd##n};
NM(1) NM(2) NM(3) NM(4) NM(5) NM(6)
