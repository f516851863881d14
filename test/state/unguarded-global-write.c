// RUN: %check_tidy %s cpython-state-unguarded-global-write %t -python=3.13,3.15

#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

// --- Counters and settings ---------------------------------------------------

static Py_ssize_t rounds;
// CHECK-MESSAGES: :[[@LINE-1]]:19: warning: 'rounds' is a counter that all threads share; 'run' writes it while 'stats' can read it, with no lock in common [cpython-state-unguarded-global-write]
// CHECK-NOTES: :[[@LINE+10]]:3: note: written here, in 'run'
// CHECK-NOTES: :[[@LINE+18]]:26: note: read here, in 'stats'
// CHECK-NOTES: :[[@LINE-4]]:19: note: make it atomic, or keep it in the module state
static double scale = 1.0;
// CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'scale' is a variable that all threads share; 'set_scale' writes it while 'run' can read it, with no lock in common
// CHECK-NOTES: :[[@LINE+10]]:3: note: written here, in 'set_scale'
// CHECK-NOTES: :[[@LINE+5]]:29: note: read here, in 'run'
// CHECK-NOTES: :[[@LINE-4]]:15: note: hold one lock at all of these places, or make it atomic, or keep it in the module state

static PyObject *run(PyObject *module, PyObject *arg) {
  rounds++;
  return PyFloat_FromDouble(scale * PyFloat_AsDouble(arg));
}
static PyObject *set_scale(PyObject *module, PyObject *arg) {
  double value = PyFloat_AsDouble(arg);
  scale = value;
  Py_RETURN_NONE;
}
static PyObject *stats(PyObject *module, PyObject *unused) {
  return PyLong_FromLong(rounds);
}

// In one function: two threads in it.
static PyObject *next_id(PyObject *module, PyObject *unused) {
  static int id;
  // CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'id' is a counter that all threads share; 'next_id' writes it while another thread in 'next_id' can too, with no lock in common
  // CHECK-NOTES: :[[@LINE+2]]:28: note: written here, in 'next_id'
  // CHECK-NOTES: :[[@LINE-3]]:14: note: make it atomic
  return PyLong_FromLong(++id);
}

// --- By other ways than the name ---------------------------------------------

typedef struct {
  PyMutex mutex;
  int limit;
  int used;
  int blocks[8];
} Arena;

static Arena by_pointer;
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'by_pointer' is a variable that all threads share; 'use_pointer' writes it while another thread in 'use_pointer' can too
// CHECK-NOTES: :[[@LINE+4]]:3: note: written here, in 'use_pointer'
// CHECK-NOTES: :[[@LINE-3]]:14: note: hold one lock
static PyObject *use_pointer(PyObject *module, PyObject *unused) {
  Arena *arena = &by_pointer;
  arena->used++;
  Py_RETURN_NONE;
}

static Arena by_helper;
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'by_helper' is a variable that all threads share; 'use_helper' writes it while another thread in 'use_helper' can too
// CHECK-NOTES: :[[@LINE+6]]:9: note: written here, in 'use_helper', by 'clear'
// CHECK-NOTES: :[[@LINE-3]]:14: note: hold one lock
static void clear(Arena *arena) {
  arena->used = 0;
}
static PyObject *use_helper(PyObject *module, PyObject *unused) {
  clear(&by_helper);
  Py_RETURN_NONE;
}

static Arena behind_accessor;
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'behind_accessor' is a variable that all threads share; 'use_accessor' writes it while another thread in 'use_accessor' can too
// CHECK-NOTES: :[[@LINE+6]]:3: note: written here, in 'use_accessor'
// CHECK-NOTES: :[[@LINE-3]]:14: note: hold one lock
static Arena *the_arena(void) {
  return &behind_accessor;
}
static PyObject *use_accessor(PyObject *module, PyObject *unused) {
  the_arena()->limit += 1;
  Py_RETURN_NONE;
}

static char line[80];
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'line' is a buffer that all threads share; 'fill' can write it while another thread in 'fill' can too
// CHECK-NOTES: :[[@LINE+3]]:10: note: passed to 'memset' here, in 'fill'
// CHECK-NOTES: :[[@LINE-3]]:13: note: use a buffer of the caller, or make it thread-local
static PyObject *fill(PyObject *module, PyObject *unused) {
  memset(line, 'x', sizeof line - 1);
  Py_RETURN_NONE;
}

// What a pointer leads to, set once.
static int *table;
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'table' is a variable that all threads share, through a pointer; 'poke' writes it while 'peek' can read it
// CHECK-NOTES: :[[@LINE+4]]:3: note: written here, in 'poke'
// CHECK-NOTES: :[[@LINE+7]]:26: note: read here, in 'peek'
// CHECK-NOTES: :[[@LINE-4]]:13: note: hold one lock
static PyObject *poke(PyObject *module, PyObject *arg) {
  table[PyLong_AsLong(arg) & 7] = 1;
  Py_RETURN_NONE;
}
static PyObject *peek(PyObject *module, PyObject *arg) {
  return PyLong_FromLong(table[0]);
}

typedef struct node {
  struct node *next;
} node;
static node *nodes;
// CHECK-MESSAGES: :[[@LINE-1]]:14: warning: 'nodes' is a list that all threads share; 'push' writes it while another thread in 'push' can too
// CHECK-NOTES: :[[@LINE+6]]:3: note: written here, in 'push'
// CHECK-NOTES: :[[@LINE+4]]:13: note: read here, in 'push'
// CHECK-NOTES: :[[@LINE-4]]:14: note: hold one lock
static PyObject *push(PyObject *module, PyObject *unused) {
  node *n = (node *)PyMem_Malloc(sizeof(node));
  n->next = nodes;
  nodes = n;
  Py_RETURN_NONE;
}

// Half of it under the lock.
static PyMutex half_lock;
static int half;
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'half' is a variable that all threads share; 'half_set' writes it while 'half_get' can read it
// CHECK-NOTES: :[[@LINE+5]]:3: note: written here, in 'half_set', holding 'half_lock'
// CHECK-NOTES: :[[@LINE+9]]:26: note: read here, in 'half_get'
// CHECK-NOTES: :[[@LINE-4]]:12: note: hold one lock
static PyObject *half_set(PyObject *module, PyObject *arg) {
  PyMutex_Lock(&half_lock);
  half = 1;
  PyMutex_Unlock(&half_lock);
  Py_RETURN_NONE;
}
static PyObject *half_get(PyObject *module, PyObject *arg) {
  return PyLong_FromLong(half);
}

// Another file has it.
extern int verbosity;
static PyObject *set_verbosity(PyObject *module, PyObject *arg) {
  verbosity = 2;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'verbosity' is a variable that all threads share; 'set_verbosity' writes it while another thread in 'set_verbosity' can too
  // CHECK-NOTES: :[[@LINE-2]]:3: note: written here, in 'set_verbosity'
  // CHECK-NOTES: :[[@LINE-3]]:3: note: hold one lock
  Py_RETURN_NONE;
}

// --- Near misses ---------------------------------------------------------------

static Arena locked;
static int locked_count;
static void locked_clear(Arena *arena) {
  PyMutex_Lock(&arena->mutex);
  arena->used = 0;
  PyMutex_Unlock(&arena->mutex);
}
static PyObject *use_locked(PyObject *module, PyObject *unused) {
  locked_clear(&locked);
  PyMutex_Lock(&locked.mutex);
  locked.limit = 3;
  locked_count++;
  Arena *arena = &locked;
  arena->used++;
  PyMutex_Unlock(&locked.mutex);
  Arena *other = &locked;
  PyMutex_Lock(&other->mutex);
  other->used++;
  PyMutex_Unlock(&other->mutex);
  Py_RETURN_NONE;
}

static _Atomic int hits;
static struct {
  _Atomic int good;
  atomic_long bad;
} hit_stats;
static int plain_hits;
static _Thread_local int depth;
static PyObject *hit(PyObject *module, PyObject *unused) {
  hits++;
  hit_stats.good++;
  atomic_fetch_add(&hit_stats.bad, 1);
  __atomic_fetch_add(&plain_hits, 1, __ATOMIC_SEQ_CST);
  depth++;
  Py_RETURN_NONE;
}

static int table_of_squares[16];
static int prepared;
static const int primes[] = {2, 3, 5};
static char *keywords[] = {"a", "b", NULL};
static volatile sig_atomic_t interrupted;
static void on_signal(int number) { interrupted = 1; }
static PyObject *read_only(PyObject *module, PyObject *args, PyObject *kwargs) {
  int a, b;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ii", keywords, &a, &b))
    return NULL;
  return PyLong_FromLong(table_of_squares[a & 15] + primes[b % 3] + interrupted);
}

// Different fields.
static struct {
  int set_in_init;
  _Atomic int counted;
} parts;
static PyObject *use_parts(PyObject *module, PyObject *unused) {
  parts.counted++;
  return PyLong_FromLong(parts.set_in_init);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int made_once;
static void make_once(void) { made_once = 42; }
static PyObject *use_once(PyObject *module, PyObject *unused) {
  pthread_once(&once, make_once);
  return PyLong_FromLong(made_once);
}

#ifndef Py_GIL_DISABLED
static int only_with_gil;
static PyObject *count_gil(PyObject *module, PyObject *unused) {
  return PyLong_FromLong(++only_with_gil);
}
#endif

// Other declarations, other macros and other code without the GIL.
#ifdef Py_GIL_DISABLED
typedef _Atomic int counter_t;
static _Atomic int by_declaration;
#define COUNT(variable) __atomic_fetch_add(&(variable), 1, __ATOMIC_RELAXED)
#else
typedef int counter_t;
static int by_declaration;
#define COUNT(variable) ((variable)++)
#endif
static counter_t by_type;
static int by_macro, by_code;
static PyMutex code_lock;
static PyObject *two_builds(PyObject *module, PyObject *unused) {
  by_declaration++;
  by_type++;
  COUNT(by_macro);
#ifdef Py_GIL_DISABLED
  PyMutex_Lock(&code_lock);
#endif
  by_code++;
#ifdef Py_GIL_DISABLED
  PyMutex_Unlock(&code_lock);
#endif
  Py_RETURN_NONE;
}

// Objects are Python's to change.
extern PyObject marker_object;
static PyObject *get_marker(PyObject *module, PyObject *list) {
  if (PyList_Append(list, &marker_object) < 0)
    return NULL;
  return Py_NewRef(&marker_object);
}

static int spam_exec(PyObject *module) {
  for (int i = 0; i < 16; ++i)
    table_of_squares[i] = i * i;
  prepared = 1;
  parts.set_in_init = 1;
  table = (int *)PyMem_Calloc(8, sizeof(int));
  signal(SIGINT, on_signal);
  return 0;
}

static PyMethodDef spam_methods[] = {
    {"run", run, METH_O},
    {"set_scale", set_scale, METH_O},
    {"stats", stats, METH_NOARGS},
    {"next_id", next_id, METH_NOARGS},
    {"use_pointer", use_pointer, METH_NOARGS},
    {"use_helper", use_helper, METH_NOARGS},
    {"use_accessor", use_accessor, METH_NOARGS},
    {"fill", fill, METH_NOARGS},
    {"poke", poke, METH_O},
    {"peek", peek, METH_O},
    {"push", push, METH_NOARGS},
    {"half_set", half_set, METH_O},
    {"half_get", half_get, METH_O},
    {"set_verbosity", set_verbosity, METH_O},
    {"use_locked", use_locked, METH_NOARGS},
    {"hit", hit, METH_NOARGS},
    {"read_only", (PyCFunction)(void (*)(void))read_only, METH_VARARGS | METH_KEYWORDS},
    {"use_parts", use_parts, METH_NOARGS},
    {"use_once", use_once, METH_NOARGS},
    {"two_builds", two_builds, METH_NOARGS},
    {"get_marker", get_marker, METH_O},
    {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
