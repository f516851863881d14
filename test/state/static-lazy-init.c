// RUN: %check_tidy %s cpython-state-static-lazy-init %t

#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

double compute(void);

// --- Objects -------------------------------------------------------------------

static PyObject *decimal_type;
static PyObject *get_decimal(PyObject *module, PyObject *unused) {
  if (decimal_type == NULL) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'decimal_type' is initialised on first use without a lock; another thread in 'get_decimal' can pass the same test before line [[@LINE+6]] writes it, and other interpreters use its Python objects [cpython-state-static-lazy-init]
    // CHECK-NOTES: :[[@LINE+5]]:5: note: 'decimal_type' is written here
    // CHECK-NOTES: :[[@LINE-5]]:18: note: set 'decimal_type' in 'Py_mod_exec' and keep it in the module state; 'pyext-migrate --level=state {{.*}}' does that for the whole module
    PyObject *decimal = PyImport_ImportModule("decimal");
    if (decimal == NULL)
      return NULL;
    decimal_type = PyObject_GetAttrString(decimal, "Decimal");
    Py_DECREF(decimal);
  }
  return Py_XNewRef(decimal_type);
}

// Returns early.
static PyObject *early(PyObject *module, PyObject *unused) {
  static PyObject *empty;
  if (empty)
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'empty' is initialised on first use without a lock; another thread in 'early' can pass the same test before line [[@LINE+5]] writes it
    // CHECK-NOTES: :[[@LINE+4]]:3: note: 'empty' is written here
    // CHECK-NOTES: :[[@LINE-4]]:20: note: set 'empty' in 'Py_mod_exec'
    return Py_NewRef(empty);
  PyObject *fresh = PyTuple_New(0);
  empty = fresh;
  return Py_XNewRef(empty);
}

// One of many.
static PyObject *small[16];
static PyObject *get_small(PyObject *module, PyObject *arg) {
  long i = PyLong_AsLong(arg) & 15;
  PyObject *known = small[i];
  if (known == NULL) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'small' is initialised on first use without a lock; another thread in 'get_small' can pass the same test before line [[@LINE+3]] writes it
    // CHECK-NOTES: :[[@LINE+2]]:5: note: 'small' is written here
    // CHECK-NOTES: :[[@LINE-7]]:18: note: set 'small' in 'Py_mod_exec'
    small[i] = known = PyLong_FromLong(i);
  }
  return Py_XNewRef(known);
}

// In an expression.
static PyObject *in_expression(PyObject *module, PyObject *unused) {
  static PyObject *one;
  return Py_XNewRef(one ? one : (one = PyLong_FromLong(1)));
  // CHECK-MESSAGES: :[[@LINE-1]]:{{[0-9]+}}: warning: 'one' is initialised on first use without a lock
  // CHECK-NOTES: :[[@LINE-2]]:{{[0-9]+}}: note: 'one' is written here
  // CHECK-NOTES: :[[@LINE-4]]:20: note: set 'one' in 'Py_mod_exec'
}

// Through a macro of one's own.
#define ENSURE(variable, value)                                                \
  do {                                                                         \
    if ((variable) == NULL)                                                    \
      (variable) = (value);                                                    \
  } while (0)
static PyObject *by_macro(PyObject *module, PyObject *unused) {
  static PyObject *two;
  ENSURE(two, PyLong_FromLong(2));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'two' is initialised on first use without a lock
  // CHECK-NOTES: :[[@LINE-2]]:3: note: 'two' is written here
  // CHECK-NOTES: :[[@LINE-4]]:20: note: set 'two' in 'Py_mod_exec'
  return Py_XNewRef(two);
}

// The test and the write are in two functions.
static PyObject *helped;
static int import_helped(void) {
  helped = PyImport_ImportModule("json");
  return helped != NULL;
}
static PyObject *by_helper(PyObject *module, PyObject *unused) {
  if (!helped && !import_helped())
    // CHECK-MESSAGES: :[[@LINE-1]]:{{[0-9]+}}: warning: 'helped' is initialised on first use without a lock; another thread in 'by_helper' can pass the same test before line [[@LINE-5]] writes it
    // CHECK-NOTES: :[[@LINE-6]]:3: note: 'helped' is written here, in 'import_helped'
    // CHECK-NOTES: :[[@LINE-9]]:18: note: set 'helped' in 'Py_mod_exec'
    return NULL;
  return Py_NewRef(helped);
}

// --- Other data ------------------------------------------------------------------

static int table_ready;
static double table[256];
static double lookup(int i) {
  if (!table_ready) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'table_ready' is initialised on first use without a lock; another thread in 'lookup' can pass the same test before line [[@LINE+6]] writes it [cpython-state-static-lazy-init]
    // CHECK-NOTES: :[[@LINE+5]]:5: note: 'table_ready' is written here
    // CHECK-NOTES: :[[@LINE+3]]:7: note: a thread that sees 'table_ready' set need not see this write of 'table'
    // CHECK-NOTES: :[[@LINE-7]]:12: note: hold one lock at the test and at the write, or set 'table_ready' once with an atomic compare-exchange
    for (int k = 0; k < 256; ++k)
      table[k] = compute();
    table_ready = 1;
  }
  return table[i];
}

// A sentinel that is not zero; the value that is set is.
static int verbose(void) {
  static int level = -1;
  if (level < 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'level' is initialised on first use without a lock
    // CHECK-NOTES: :[[@LINE+2]]:5: note: 'level' is written here
    // CHECK-NOTES: :[[@LINE-4]]:14: note: hold one lock
    level = 0;
  return level;
}

static int first_time(void) {
  static int first = 1;
  if (first && compute() > 0) {
    // CHECK-MESSAGES: :[[@LINE-1]]:{{[0-9]+}}: warning: 'first' is initialised on first use without a lock
    // CHECK-NOTES: :[[@LINE+2]]:5: note: 'first' is written here
    // CHECK-NOTES: :[[@LINE-4]]:14: note: hold one lock
    first = 0;
    return 1;
  }
  return 0;
}

static int once_by_count(void) {
  static int calls;
  if (calls++ == 0)
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'calls' is initialised on first use without a lock
    // CHECK-NOTES: :[[@LINE-2]]:7: note: 'calls' is written here
    // CHECK-NOTES: :[[@LINE-4]]:14: note: hold one lock
    return 1;
  return 0;
}

// --- Half a lock -------------------------------------------------------------------

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static char *buffer;
static char *double_checked(void) {
  if (buffer == NULL) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'buffer' is initialised on first use, and this test is outside the lock of the write: double-checked locking with a plain variable; another thread can see 'buffer' set before what it stands for [cpython-state-static-lazy-init]
    // CHECK-NOTES: :[[@LINE+4]]:7: note: 'buffer' is written here
    // CHECK-NOTES: :[[@LINE-5]]:14: note: hold one lock
    pthread_mutex_lock(&guard);
    if (buffer == NULL)
      buffer = malloc(64);
    pthread_mutex_unlock(&guard);
  }
  return buffer;
}

static PyObject *all(PyObject *module, PyObject *unused) {
  char *text = double_checked();
  text[0] = 0;
  return PyFloat_FromDouble(lookup(verbose() + first_time() + once_by_count()));
}

// --- Near misses ---------------------------------------------------------------------

// The lock is held at both.
static PyObject *cached;
static PyObject *under_lock(PyObject *module, PyObject *unused) {
  PyObject *result;
  pthread_mutex_lock(&guard);
  if (cached == NULL)
    cached = PyDict_New();
  result = Py_XNewRef(cached);
  pthread_mutex_unlock(&guard);
  return result;
}

// A helper that only runs with the lock held.
static int ready;
static void prepare(void) {
  if (ready)
    return;
  table[0] = compute();
  ready = 1;
}
static PyObject *calls_prepare(PyObject *module, PyObject *unused) {
  pthread_mutex_lock(&guard);
  prepare();
  pthread_mutex_unlock(&guard);
  Py_RETURN_NONE;
}

// Once.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static double *constants;
static void make_constants(void) {
  if (!constants)
    constants = malloc(sizeof(double));
}
static PyObject *by_once(PyObject *module, PyObject *unused) {
  pthread_once(&once, make_constants);
  return PyFloat_FromDouble(constants[0]);
}

// Atomic.
static _Atomic(char *) published;
static char *volatile_free;
static char *by_atomic(void) {
  if (atomic_load(&published) == NULL) {
    char *fresh = malloc(8), *expected = NULL;
    if (!atomic_compare_exchange_strong(&published, &expected, fresh))
      free(fresh);
  }
  if (__atomic_load_n(&volatile_free, __ATOMIC_ACQUIRE) == NULL)
    __atomic_store_n(&volatile_free, malloc(8), __ATOMIC_RELEASE);
  return published;
}

// Not an initialisation: the value is replaced, emptied, or asked for.
static PyObject *hook;
static PyObject *set_hook(PyObject *module, PyObject *arg) {
  if (hook)
    Py_DECREF(hook);
  hook = Py_NewRef(arg);
  Py_RETURN_NONE;
}
static PyObject *clear_hook(PyObject *module, PyObject *unused) {
  if (hook != NULL)
    Py_CLEAR(hook);
  Py_RETURN_NONE;
}
static PyObject *call_hook(PyObject *module, PyObject *unused) {
  if (!hook) {
    PyErr_SetString(PyExc_RuntimeError, "no hook");
    return NULL;
  }
  by_atomic();
  return PyObject_CallNoArgs(hook);
}

// Of each thread, and of each call.
static _Thread_local char *scratch_of_thread;
static PyObject *private_data(PyObject *module, PyObject *unused) {
  char *local = NULL;
  if (!local)
    local = malloc(8);
  if (!scratch_of_thread)
    scratch_of_thread = malloc(8);
  free(local);
  Py_RETURN_NONE;
}

// Counts and limits.
static int used;
static PyObject *take(PyObject *module, PyObject *unused) {
  if (used < 16)
    used++;
  if (used > 0)
    --used;
  Py_RETURN_NONE;
}

// A number taken from a counter is not the counter.
static unsigned long next_id = 1;
static unsigned long take_id(unsigned long given) {
  if (!given)
    given = next_id++;
  unsigned long id = next_id++;
  if (!id)
    id = next_id++;
  return given + id;
}

// Asks for a mark that is set elsewhere, not for the initial value.
static long spent;
static PyObject *account(PyObject *module, PyObject *unused) {
  if (spent != -1)
    spent += (long)take_id(0);
  Py_RETURN_NONE;
}

// While the module is imported.
static PyObject *Error;
static int add_error(PyObject *module) {
  if (Error == NULL) {
    Error = PyErr_NewException("spam.Error", NULL, NULL);
    if (Error == NULL)
      return -1;
  }
  return PyModule_AddObjectRef(module, "Error", Error);
}

static PyMethodDef methods[] = {
    {"get_decimal", get_decimal, METH_NOARGS, NULL},
    {"early", early, METH_NOARGS, NULL},
    {"get_small", get_small, METH_O, NULL},
    {"in_expression", in_expression, METH_NOARGS, NULL},
    {"by_macro", by_macro, METH_NOARGS, NULL},
    {"by_helper", by_helper, METH_NOARGS, NULL},
    {"all", all, METH_NOARGS, NULL},
    {"under_lock", under_lock, METH_NOARGS, NULL},
    {"calls_prepare", calls_prepare, METH_NOARGS, NULL},
    {"by_once", by_once, METH_NOARGS, NULL},
    {"set_hook", set_hook, METH_O, NULL},
    {"clear_hook", clear_hook, METH_NOARGS, NULL},
    {"call_hook", call_hook, METH_NOARGS, NULL},
    {"private_data", private_data, METH_NOARGS, NULL},
    {"take", take, METH_NOARGS, NULL},
    {"account", account, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, add_error}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "spam", .m_methods = methods, .m_slots = slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&definition); }
