// RUN: %check_tidy %s cpython-state-static-lazy-init %t -suffix=ALL
// RUN: %check_tidy %s cpython-state-static-lazy-init %t -suffix=BENIGN -option=cpython-state-static-lazy-init.AllowBenignScalarCaches=true
// RUN: %check_tidy %s cpython-state-static-lazy-init %t -suffix=INTERPRETERS -option=Hazard=subinterpreters
// RUN: %check_tidy %s cpython-state-static-lazy-init %t -suffix=THREADS -option=Hazard=free-threading

#include <Python.h>

int cores(void);
double compute(void);

static int number_of_cores(void) {
  static int n = -1;
  if (n < 0)
    // CHECK-MESSAGES-ALL: :[[@LINE-1]]:3: warning: 'n' is initialised on first use without a lock
    // CHECK-MESSAGES-THREADS: :[[@LINE-2]]:3: warning: 'n' is initialised on first use without a lock
    n = cores();
  return n;
}

// The flag stands for other data.
static int ready;
static double table[4];
static double first(void) {
  if (!ready) {
    // CHECK-MESSAGES-ALL: :[[@LINE-1]]:3: warning: 'ready' is initialised on first use without a lock
    // CHECK-MESSAGES-BENIGN: :[[@LINE-2]]:3: warning: 'ready' is initialised on first use without a lock
    // CHECK-MESSAGES-THREADS: :[[@LINE-3]]:3: warning: 'ready' is initialised on first use without a lock
    table[0] = compute();
    ready = 1;
  }
  return table[0];
}

static PyObject *object(PyObject *module, PyObject *unused) {
  static PyObject *dict;
  if (!dict)
    // CHECK-MESSAGES-ALL: :[[@LINE-1]]:3: warning: 'dict' is initialised on first use without a lock; another thread in 'object' can pass the same test before line [[@LINE+4]] writes it, and other interpreters use its Python objects [cpython-state-static-lazy-init]
    // CHECK-MESSAGES-BENIGN: :[[@LINE-2]]:3: warning: 'dict' is initialised on first use without a lock
    // CHECK-MESSAGES-INTERPRETERS: :[[@LINE-3]]:3: warning: 'dict' is initialised by the first interpreter that comes here in 'object'; the others then use its Python objects [cpython-state-static-lazy-init]
    // CHECK-MESSAGES-THREADS: :[[@LINE-4]]:3: warning: 'dict' is initialised on first use without a lock; another thread in 'object' can pass the same test before line [[@LINE+1]] writes it [cpython-state-static-lazy-init]
    dict = Py_BuildValue("{sd}", "first", first() * number_of_cores());
  return Py_XNewRef(dict);
}

static PyMethodDef methods[] = {{"object", object, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&definition); }
