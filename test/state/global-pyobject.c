// RUN: %check_tidy %s cpython-state-global-pyobject %t

#include <Python.h>
#include <pthread.h>
#include <signal.h>

// --- Set while the module is imported ----------------------------------------

static PyObject *SpamError;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'SpamError' keeps a Python object of one interpreter for all interpreters; every import of the module overwrites it [cpython-state-global-pyobject]
// CHECK-NOTES: :[[@LINE+23]]:3: note: written here, in 'spam_exec' while the module is imported
// CHECK-NOTES: :[[@LINE-3]]:18: note: move it to the module state: a field of 'State', visited by 'm_traverse' and cleared by 'm_clear'; 'pyext-migrate --level=state {{.*}}' does that for the whole module

static PyTypeObject *Spam_Type;
// CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'Spam_Type' keeps a Python object of one interpreter
// CHECK-NOTES: :[[@LINE+19]]:3: note: written here, in 'spam_exec' while the module is imported
// CHECK-NOTES: :[[@LINE-3]]:22: note: move it to the module state

static struct {
  int count;
  PyObject *str_read, *str_write;
} names;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'names' keeps Python objects of one interpreter for all interpreters; every import of the module overwrites it [cpython-state-global-pyobject]
// CHECK-NOTES: :[[@LINE+12]]:3: note: written here, in 'spam_exec' while the module is imported
// CHECK-NOTES: :[[@LINE+19]]:3: note: written here, in 'spam_clear' while the module is freed
// CHECK-NOTES: :[[@LINE-4]]:3: note: move it to the module state

typedef struct {
  PyObject *cache;
} State;

static PyType_Spec spam_spec;
static int spam_exec(PyObject *m) {
  SpamError = PyErr_NewException("spam.Error", NULL, NULL);
  Spam_Type = (PyTypeObject *)PyType_FromSpec(&spam_spec);
  names.str_read = PyUnicode_InternFromString("read");
  State *state = (State *)PyModule_GetState(m);
  state->cache = PyDict_New();
  return PyModule_AddObjectRef(m, "Error", SpamError);
}
static int spam_clear(PyObject *m) {
  State *state = (State *)PyModule_GetState(m);
  Py_CLEAR(state->cache);
  Py_CLEAR(names.str_read);
  return 0;
}

// --- Written at run time -----------------------------------------------------

static PyObject *callback;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'callback' keeps a Python object for all threads and interpreters; 'set_callback' writes it at run time while 'get_callback' can access it, with no lock in common [cpython-state-global-pyobject]
// CHECK-NOTES: :[[@LINE+6]]:3: note: written here, in 'set_callback' at run time
// CHECK-NOTES: :[[@LINE+11]]:3: note: read here, and a reference taken, in 'get_callback': the write can have freed the object by then
// CHECK-NOTES: :[[@LINE-4]]:18: note: move it to the module state

static PyObject *set_callback(PyObject *module, PyObject *arg) {
  Py_INCREF(arg);
  Py_XSETREF(callback, arg);
  Py_RETURN_NONE;
}
static PyObject *get_callback(PyObject *module, PyObject *unused) {
  if (!callback)
    Py_RETURN_NONE;
  Py_INCREF(callback);
  return callback;
}

static PyObject *string_cache[512];
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'string_cache' keeps Python objects for all threads and interpreters; 'intern' writes it at run time while another thread in 'intern' can too, with no lock in common [cpython-state-global-pyobject]
// CHECK-NOTES: :[[@LINE+9]]:3: note: written here, in 'intern' at run time
// CHECK-NOTES: :[[@LINE+5]]:21: note: read here, in 'intern'
// CHECK-NOTES: :[[@LINE-4]]:18: note: move it to the module state

static PyObject *intern(PyObject *module, PyObject *arg) {
  Py_hash_t hash = PyObject_Hash(arg);
  PyObject *known = string_cache[hash % 512];
  if (known && PyUnicode_Compare(known, arg) == 0)
    return Py_NewRef(known);
  string_cache[hash % 512] = Py_NewRef(arg);
  return Py_NewRef(arg);
}

// Its address goes to a function that stores there.
static PyObject *last_argument;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'last_argument' keeps a Python object for all threads and interpreters; 'keep' writes it
// CHECK-NOTES: :[[@LINE+5]]:37: note: written here, in 'keep' at run time
// CHECK-NOTES: :[[@LINE+6]]:3: note: read here, and a reference taken, in 'keep'
// CHECK-NOTES: :[[@LINE-4]]:18: note: move it to the module state

static PyObject *keep(PyObject *module, PyObject *args) {
  if (!PyArg_ParseTuple(args, "O", &last_argument))
    return NULL;
  Py_INCREF(last_argument);
  Py_RETURN_NONE;
}

// Inside a function.
static PyObject *counted(PyObject *module, PyObject *unused) {
  static PyObject *latest;
  // CHECK-MESSAGES: :[[@LINE-1]]:20: warning: 'latest' keeps a Python object for all threads and interpreters; 'counted' writes it at run time while another thread in 'counted' can too
  // CHECK-NOTES: :[[@LINE+4]]:3: note: written here, in 'counted' at run time
  // CHECK-NOTES: :[[@LINE+2]]:3: note: read here, in 'counted'
  // CHECK-NOTES: :[[@LINE-4]]:20: note: move it to the module state
  Py_XDECREF(latest);
  latest = PyLong_FromLong(1);
  Py_RETURN_NONE;
}

// Through a table that the file does not read.
static PyObject *handler;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'handler' keeps a Python object for all threads and interpreters; 'api_set_handler' writes it at run time while another thread in 'api_set_handler' can too
// CHECK-NOTES: :[[@LINE+6]]:3: note: written here, in 'api_set_handler' at run time
// CHECK-NOTES: :[[@LINE+4]]:19: note: read here, in 'api_set_handler'
// CHECK-NOTES: :[[@LINE-4]]:18: note: move it to the module state

static void api_set_handler(PyObject *arg) {
  PyObject *old = handler;
  handler = Py_NewRef(arg);
  Py_XDECREF(old);
}
typedef struct {
  void (*set_handler)(PyObject *);
} Api;
static const Api api = {api_set_handler};
const void *get_api(void) { return &api; }

// One lock at every access: threads are kept apart, interpreters are not.
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static PyObject *guarded;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'guarded' keeps a Python object of one interpreter for all interpreters; 'swap' overwrites it [cpython-state-global-pyobject]
// CHECK-NOTES: :[[@LINE+7]]:3: note: written here, in 'swap' at run time, holding 'guard'
// CHECK-NOTES: :[[@LINE-3]]:18: note: move it to the module state

static PyObject *swap(PyObject *module, PyObject *arg) {
  Py_INCREF(arg);
  pthread_mutex_lock(&guard);
  PyObject *old = guarded;
  guarded = arg;
  pthread_mutex_unlock(&guard);
  return old ? old : Py_NewRef(Py_None);
}

// A lock at the write, another at the read, none in common.
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static PyObject *half;
// CHECK-MESSAGES: :[[@LINE-1]]:18: warning: 'half' keeps a Python object for all threads and interpreters; 'set_half' writes it at run time while 'get_half' can access it, with no lock in common
// CHECK-NOTES: :[[@LINE+5]]:3: note: written here, in 'set_half' at run time, holding 'guard'
// CHECK-NOTES: :[[@LINE+11]]:12: note: read here, and a reference taken, in 'get_half'
// CHECK-NOTES: :[[@LINE-4]]:18: note: move it to the module state
static PyObject *set_half(PyObject *module, PyObject *arg) {
  pthread_mutex_lock(&guard);
  half = Py_NewRef(arg);
  pthread_mutex_unlock(&guard);
  Py_RETURN_NONE;
}
static PyObject *get_half(PyObject *module, PyObject *unused) {
  PyObject *result;
  pthread_mutex_lock(&other);
  result = Py_XNewRef(half);
  pthread_mutex_unlock(&other);
  return result;
}

// --- Near misses ---------------------------------------------------------------

// Never written.
static PyObject *unused_object;
static PyTypeObject *base_type = &PyList_Type;
static PyObject *const constant = (PyObject *)&PyDict_Type;
// Of each thread.
static _Thread_local PyObject *per_thread;
// Defined elsewhere.
extern PyObject *elsewhere;
// A type object has a rule of its own, tables are data.
static PyTypeObject StaticType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "spam.Static"};
// No Python object behind the pointer.
typedef struct {
  int fd;
} Connection;
static Connection *connection;
static struct {
  int level;
  PyTypeObject *type;
} settings = {0, &PyDict_Type};
// Only ever emptied.
static PyObject *leftover;

static PyObject *near(PyObject *module, PyObject *arg) {
  Py_XSETREF(per_thread, Py_NewRef(arg));
  elsewhere = NULL;
  connection = NULL;
  settings.level++;
  leftover = NULL;
  if (base_type == &PyList_Type && unused_object == constant && PyType_Ready(&StaticType) == 0)
    Py_RETURN_NONE;
  return Py_NewRef(settings.type);
}

static PyMethodDef methods[] = {
    {"near", near, METH_O, NULL},
    {"intern", intern, METH_O, NULL},
    {"keep", keep, METH_VARARGS, NULL},
    {"counted", counted, METH_NOARGS, NULL},
    {"swap", swap, METH_O, NULL},
    {"set_half", set_half, METH_O, NULL},
    {"get_half", get_half, METH_NOARGS, NULL},
    {"set_callback", set_callback, METH_O, NULL},
    {"get_callback", get_callback, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "spam",
    .m_size = sizeof(State),
    .m_methods = methods,
    .m_slots = slots,
    .m_clear = spam_clear,
};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&definition); }
