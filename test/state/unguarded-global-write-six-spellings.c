// The rules about static data, in several spellings each.
// RUN: %check_tidy %s cpython-state-global-pyobject,cpython-state-static-lazy-init,cpython-state-unguarded-global-write,cpython-state-static-buffer-return,cpython-state-shared-native-handle,cpython-state-thread-unsafe-libc,cpython-state-type-mutation-after-ready %t -python=3.13 -no-fix

#include <Python.h>
#include <string.h>
#include <stdlib.h>
#include <locale.h>
#include <time.h>
PyObject *make(void);
long compute(void);
typedef struct handle handle;
handle *lib_open(const char *);
void lib_close(handle *);
int lib_do(handle *);
// global-pyobject
static PyObject *obj1;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'obj1' keeps a Python object for all threads and interpreters; 'set1' writes it at run time while another thread in 'set1' can too, with no lock in common [cpython-state-global-pyobject]
static PyObject *obj2[2];
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'obj2' keeps Python objects for all threads and interpreters; 'set2' writes it at run time while another thread in 'set2' can too, with no lock in common [cpython-state-global-pyobject]
static struct {
  PyObject *err;
} obj3;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj3' keeps Python objects for all threads and interpreters; 'set3' writes it at run time while another thread in 'set3' can too, with no lock in common [cpython-state-global-pyobject]
static PyTypeObject *obj4;
// CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'obj4' keeps a Python object for all threads and interpreters; 'set4' writes it at run time while another thread in 'set4' can too, with no lock in common [cpython-state-global-pyobject]
static PyListObject *obj5;
// CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'obj5' keeps a Python object for all threads and interpreters; 'set5' writes it at run time while another thread in 'set5' can too, with no lock in common [cpython-state-global-pyobject]
union {
  PyObject *o;
} obj6;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj6' keeps Python objects for all threads and interpreters; 'set6' writes it at run time while another thread in 'set6' can too, with no lock in common [cpython-state-global-pyobject]
static void put(PyObject **p, PyObject *v) { Py_XSETREF(*p, v); }
static PyObject *set1(PyObject *m, PyObject *v) {
  Py_XSETREF(obj1, Py_NewRef(v));
  return Py_NewRef(obj1);
}
static PyObject *set2(PyObject *m, PyObject *v) {
  obj2[1] = Py_NewRef(v);
  return Py_NewRef(obj2[1]);
}
static PyObject *set3(PyObject *m, PyObject *v) {
  Py_XSETREF(obj3.err, Py_NewRef(v));
  return Py_XNewRef(obj3.err);
}
static PyObject *set4(PyObject *m, PyObject *v) {
  obj4 = (PyTypeObject *)Py_NewRef(v);
  return Py_NewRef(obj4);
}
static PyObject *set5(PyObject *m, PyObject *v) {
  put((PyObject **)&obj5, Py_NewRef(v));
  return Py_NewRef(obj5);
}
static PyObject *set6(PyObject *m, PyObject *v) {
  PyObject **p = &obj6.o;
  *p = Py_NewRef(v);
  return Py_NewRef(obj6.o);
}
// static-lazy-init of C data
static long lz1, lz2 = -1, *lz3, lz4, lz5;
static int ready6;
static long data6[3];
static PyObject *lazy1(PyObject *m, PyObject *v) {
  if (!lz1)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'lz1' is initialised on first use without a lock; another thread in 'lazy1' can pass the same test before line {{[0-9]+}} writes it [cpython-state-static-lazy-init]
    lz1 = compute();
  return PyLong_FromLong(lz1);
}
static PyObject *lazy2(PyObject *m, PyObject *v) {
  if (lz2 < 0) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'lz2' is initialised on first use without a lock; another thread in 'lazy2' can pass the same test before line {{[0-9]+}} writes it [cpython-state-static-lazy-init]
    lz2 = compute();
  }
  return PyLong_FromLong(lz2);
}
static PyObject *lazy3(PyObject *m, PyObject *v) {
  if (lz3 != NULL)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'lz3' is initialised on first use without a lock; another thread in 'lazy3' can pass the same test before line {{[0-9]+}} writes it [cpython-state-static-lazy-init]
    return PyLong_FromLong(*lz3);
  lz3 = malloc(8);
  return PyLong_FromLong(*lz3);
}
static void fill4(void) { lz4 = compute(); }
static PyObject *lazy4(PyObject *m, PyObject *v) {
  if (lz4 == 0)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'lz4' is initialised on first use without a lock; another thread in 'lazy4' can pass the same test before line {{[0-9]+}} writes it [cpython-state-static-lazy-init]
    fill4();
  return PyLong_FromLong(lz4);
}
#define ONCE(x, e) ((x) ? (x) : ((x) = (e)))
static PyObject *lazy5(PyObject *m, PyObject *v) { return PyLong_FromLong(ONCE(lz5, compute())); }
// CHECK-MESSAGES: :[[@LINE-1]]:75: warning: 'lz5' is initialised on first use without a lock; another thread in 'lazy5' can pass the same test before line {{[0-9]+}} writes it [cpython-state-static-lazy-init]
static PyObject *lazy6(PyObject *m, PyObject *v) {
  if (!ready6) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ready6' is initialised on first use without a lock; another thread in 'lazy6' can pass the same test before line {{[0-9]+}} writes it [cpython-state-static-lazy-init]
    data6[0] = compute();
    ready6 = 1;
  }
  return PyLong_FromLong(data6[0]);
}
// unguarded-global-write
static long ct1, ct2, ct4, ct6;
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'ct1' is a counter that all threads share; 'cnt1' writes it while another thread in 'cnt1' can too, with no lock in common [cpython-state-unguarded-global-write]
// CHECK-MESSAGES: :[[@LINE-2]]:18: warning: 'ct2' is a counter that all threads share; 'cnt2' writes it while another thread in 'cnt2' can too, with no lock in common [cpython-state-unguarded-global-write]
// CHECK-MESSAGES: :[[@LINE-3]]:28: warning: 'ct6' is a variable that all threads share; 'cnt6' writes it while another thread in 'cnt6' can too, with no lock in common [cpython-state-unguarded-global-write]
static struct {
  long n;
} ct3;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'ct3' is a variable that all threads share; 'cnt3' writes it while another thread in 'cnt3' can too, with no lock in common [cpython-state-unguarded-global-write]
static char ct5[20];
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'ct5' is filled by 'cnt5' and handed out by 'cnt5'; the next call, on another thread, overwrites what the first caller is still reading [cpython-state-static-buffer-return]
static void bump(long *p) { ++*p; }
static PyObject *cnt1(PyObject *m, PyObject *v) { return PyLong_FromLong(ct1++); }
static PyObject *cnt2(PyObject *m, PyObject *v) {
  bump(&ct2);
  return PyLong_FromLong(ct2);
}
static PyObject *cnt3(PyObject *m, PyObject *v) {
  ct3.n += 2;
  return PyLong_FromLong(ct3.n);
}
static PyObject *cnt4(PyObject *m, PyObject *v) {
  static long calls;
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'calls' is a variable that all threads share; 'cnt4' writes it while another thread in 'cnt4' can too, with no lock in common [cpython-state-unguarded-global-write]
  calls = calls + 1;
  return PyLong_FromLong(calls);
}
static PyObject *cnt5(PyObject *m, PyObject *v) {
  strcpy(ct5, "x");
  return PyLong_FromLong(ct5[0]);
}
static PyObject *cnt6(PyObject *m, PyObject *v) {
  long *p = &ct6;
  *p = PyLong_AsLong(v);
  return PyLong_FromLong(ct6);
}
// static-buffer-return
static const char *name1(long n) {
  static char buf[9];
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'buf' is filled by 'name1' and handed out by 'name1'; the next call, on another thread, overwrites what the first caller is still reading [cpython-state-static-buffer-return]
  buf[0] = (char)n;
  return buf;
}
static char buf2[9];
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'buf2' is filled by 'name2' and handed out by 'name2'; the next call, on another thread, overwrites what the first caller is still reading [cpython-state-static-buffer-return]
static char *name2(long n) {
  snprintf(buf2, 9, "%ld", n);
  return buf2;
}
static PyObject *str1(PyObject *m, PyObject *v) {
  return PyUnicode_FromString(name1(PyLong_AsLong(v)));
}
static PyObject *str2(PyObject *m, PyObject *v) {
  return PyUnicode_FromString(name2(PyLong_AsLong(v)));
}
static PyObject *str3(PyObject *m, PyObject *v) {
  static char b[9];
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'b' is filled by 'str3' and handed out by 'str3'; the next call, on another thread, overwrites what the first caller is still reading [cpython-state-static-buffer-return]
  memcpy(b, "abc", 4);
  return PyUnicode_FromString(b);
}
// native handles
static handle *hd1;
// CHECK-MESSAGES: :[[@LINE-1]]:16: warning: 'hd1' is one handle of a C library for all threads; 'nat1' passes it to 'lib_do' while 'nat2' can pass it to 'lib_do', with no lock in common [cpython-state-shared-native-handle]
static handle *hd2[2];
static PyObject *nat1(PyObject *m, PyObject *v) { return PyLong_FromLong(lib_do(hd1)); }
static PyObject *nat2(PyObject *m, PyObject *v) {
  handle *h = hd1;
  return PyLong_FromLong(lib_do(h));
}
// libc
static PyObject *libc1(PyObject *m, PyObject *v) { return PyUnicode_FromString(strtok(NULL, ",")); }
// CHECK-MESSAGES: :[[@LINE-1]]:80: warning: 'strtok' keeps for all threads where it is [cpython-state-thread-unsafe-libc]
static PyObject *libc2(PyObject *m, PyObject *v) {
  time_t t = time(NULL);
  struct tm *tm = localtime(&t);
  // CHECK-MESSAGES: :[[@LINE-1]]:19: warning: 'localtime' returns storage that the next call on any thread overwrites [cpython-state-thread-unsafe-libc]
  return PyLong_FromLong(tm->tm_hour);
}
static PyObject *libc3(PyObject *m, PyObject *v) {
  setlocale(LC_ALL, "C");
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'setlocale' changes the locale of all threads while they use it [cpython-state-thread-unsafe-libc]
  return PyLong_FromLong(rand());
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'rand' uses one random number generator for all threads [cpython-state-thread-unsafe-libc]
}
// type mutation
static PyObject *mut1(PyObject *m, PyObject *v) {
  PyDict_SetItemString(Py_TYPE(v)->tp_dict, "x", v);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tp_dict' of a type that may be in use is changed in 'mut1', at run time; other threads read it without a lock [cpython-state-type-mutation-after-ready]
  PyType_Modified(Py_TYPE(v));
  Py_RETURN_NONE;
}
#define M(n) {#n, n, METH_O, NULL}
static PyMethodDef methods[] = {
    M(set1),  M(set2),  M(set3),  M(set4),  M(set5),  M(set6), M(lazy1),
    M(lazy2), M(lazy3), M(lazy4), M(lazy5), M(lazy6), M(cnt1), M(cnt2),
    M(cnt3),  M(cnt4),  M(cnt5),  M(cnt6),  M(str1),  M(str2), M(str3),
    M(nat1),  M(nat2),  M(libc1), M(libc2), M(libc3), M(mut1), {NULL, NULL, 0, NULL}};
static int demo_exec(PyObject *m) {
  hd1 = lib_open("x");
  return 0;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)demo_exec}, {0, NULL}};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, "demo", NULL, 0, methods, slots, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&def); }
