// RUN: %check_tidy %s cpython-state-static-lazy-init %t -python=3.13

#include <Python.h>

typedef struct parser {
  const char *format;
  PyObject *names;
  int ready;
  struct parser *next;
} Parser;

// The struct goes into a list of the process.
static Parser *parsers;
static int init_parser(Parser *parser) {
  if (parser->names != NULL)
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'parser->names' is initialised on first use without a lock; another thread in 'init_parser' can pass the same test before line [[@LINE+5]] writes it [cpython-state-static-lazy-init]
    // CHECK-NOTES: :[[@LINE+4]]:3: note: 'parser->names' is written here
    // CHECK-NOTES: :[[@LINE+5]]:3: note: one struct for all threads: here it is in 'parsers'
    // CHECK-NOTES: :[[@LINE+2]]:3: note: hold one lock at the test and at the write, or set 'parser->names' once with an atomic compare-exchange
    return 1;
  parser->names = PyTuple_New(0);
  parser->next = parsers;
  parsers = parser;
  return parser->names != NULL;
}

// A caller passes the address of a static variable.
static int prepare(Parser *parser) {
  if (!parser->ready) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'parser->ready' is initialised on first use without a lock
    // CHECK-NOTES: :[[@LINE+4]]:5: note: 'parser->ready' is written here
    // CHECK-NOTES: :[[@LINE+10]]:12: note: one struct for all threads: here it is in 'once'
    // CHECK-NOTES: :[[@LINE+2]]:5: note: hold one lock
    parser->format = "O";
    parser->ready = 1;
  }
  return 0;
}
static PyObject *parse(PyObject *module, PyObject *args) {
  static Parser once;
  Parser local = {0};
  prepare(&once);
  return PyLong_FromLong(init_parser(&once) + local.ready);
}

// --- Near misses ---------------------------------------------------------------

// Each caller has its own.
static int prepare_own(Parser *parser) {
  if (!parser->ready)
    parser->ready = 1;
  return 0;
}
static PyMutex lock;
static int prepare_locked(Parser *parser) {
  PyMutex_Lock(&lock);
  if (!parser->ready)
    parser->ready = 1;
  PyMutex_Unlock(&lock);
  return 0;
}
static PyObject *silent(PyObject *module, PyObject *args) {
  static Parser locked;
  Parser own = {0};
  prepare_own(&own);
  return PyLong_FromLong(prepare_locked(&locked));
}

static PyMethodDef spam_methods[] = {{"parse", parse, METH_VARARGS}, {"silent", silent, METH_VARARGS}, {NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
