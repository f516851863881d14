/* wordstat: count words, as a C extension that was never ported to free
 * threading or to subinterpreters.
 *
 * Every line marked DEFECT is wrong and pyext-tidy reports it; the function or
 * variable marked TWIN next to it does the same job correctly and must stay
 * silent. wordstat_ported.c is the whole module after the port. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ctype.h>
#include <pthread.h>
#include <string.h>

#if PY_VERSION_HEX < 0x030D0000
/* Python 3.12 and older always have the GIL. */
#define Py_BEGIN_CRITICAL_SECTION(op) {
#define Py_END_CRITICAL_SECTION() }
#endif

typedef struct {
  PyObject *EmptyError; /* TWIN of WordError: one exception per module object */
  PyTypeObject *CounterType;
} WordstatState;

/* DEFECT cpython-state-global-pyobject: written by the exec function, which
 * runs again in every interpreter that imports the module. The second import
 * replaces the exception under the feet of the first interpreter, and objects
 * must never travel between interpreters. */
static PyObject *WordError;

/* DEFECT cpython-state-global-pyobject: written at run time by set_hook() and
 * called by the worker thread. On a free-threaded build one thread can drop
 * the last reference while another is about to call it. */
static PyObject *progress_hook;

/* TWIN: never written, and points at a type every interpreter shares. */
static PyTypeObject *const key_type = &PyUnicode_Type;

static unsigned char separators[256];
static int separators_ready;

static int isSeparator(char c) {
  /* DEFECT cpython-state-static-lazy-init: two threads can fill the table at
   * the same time, and nothing orders the flag after the table, so a third
   * one may see the flag and still read an empty table. */
  if (!separators_ready) {
    for (int i = 0; i < 256; ++i)
      separators[i] = (unsigned char)!isalnum(i);
    separators_ready = 1;
  }
  return separators[(unsigned char)c];
}

static pthread_mutex_t vowels_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned char vowels[256];
static int vowels_ready;

static int isVowel(char c) {
  /* TWIN: the same lazy table, but the test, the writes and the flag are all
   * under one mutex. */
  pthread_mutex_lock(&vowels_mutex);
  if (!vowels_ready) {
    for (const char *p = "aeiouAEIOU"; *p; ++p)
      vowels[(unsigned char)*p] = 1;
    vowels_ready = 1;
  }
  pthread_mutex_unlock(&vowels_mutex);
  return vowels[(unsigned char)c];
}

static Py_ssize_t countWords(const char *text) {
  Py_ssize_t words = 0;
  for (int inside = 0; *text; ++text) {
    int separator = isSeparator(*text);
    words += !separator && !inside;
    inside = !separator;
  }
  return words;
}

/* ---- Counter: a dict of counts and the list of words in order ----------- */

typedef struct {
  PyObject_HEAD
  PyObject *counts;  /* dict: str -> int */
  PyObject *history; /* list of str */
} Counter;

static PyObject *counterNew(PyTypeObject *type, PyObject *args, PyObject *kw) {
  if (PyTuple_GET_SIZE(args) || (kw && PyDict_GET_SIZE(kw)))
    return PyErr_Format(PyExc_TypeError, "Counter() takes no arguments");
  Counter *self = (Counter *)type->tp_alloc(type, 0);
  if (!self)
    return NULL;
  self->counts = PyDict_New();
  self->history = PyList_New(0);
  if (!self->counts || !self->history)
    Py_CLEAR(self);
  return (PyObject *)self;
}

static int counterTraverse(Counter *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->counts);
  Py_VISIT(self->history);
  return 0;
}

static int counterClear(Counter *self) {
  Py_CLEAR(self->counts);
  Py_CLEAR(self->history);
  return 0;
}

static void counterDealloc(Counter *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  counterClear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject *counterGet(Counter *self, PyObject *word) {
  /* DEFECT cpython-refs-borrowed-ref-race: the dict is reachable from every
   * thread that has this Counter. add() in another thread can replace the
   * value, and free it, before Py_INCREF takes hold of it. */
  PyObject *count = PyDict_GetItemWithError(self->counts, word);
  if (!count) {
    if (!PyErr_Occurred())
      PyErr_SetObject(WordError, word);
    return NULL;
  }
  Py_INCREF(count);
  return count;
}

/* TWIN of counterGet: a strong reference, or NULL with or without an error. */
static PyObject *findCount(PyObject *counts, PyObject *word) {
  PyObject *count = NULL;
#if PY_VERSION_HEX >= 0x030D0000
  PyDict_GetItemRef(counts, word, &count);
#else
  count = PyDict_GetItemWithError(counts, word); /* the GIL is held */
  Py_XINCREF(count);
#endif
  return count;
}

static PyObject *counterAdd(Counter *self, PyObject *word) {
  if (!PyObject_TypeCheck(word, key_type))
    return PyErr_Format(PyExc_TypeError, "a word is a str");
  PyObject *sum = NULL;
  int failed = 0;
  Py_BEGIN_CRITICAL_SECTION(self);
  PyObject *count = findCount(self->counts, word);
  long before = count ? PyLong_AsLong(count) : 0;
  Py_XDECREF(count);
  if (!PyErr_Occurred())
    sum = PyLong_FromLong(before + 1);
  failed = !sum || PyDict_SetItem(self->counts, word, sum) < 0 ||
           PyList_Append(self->history, word) < 0;
  Py_END_CRITICAL_SECTION();
  if (failed)
    Py_CLEAR(sum);
  return sum;
}

static PyObject *counterFirst(Counter *self, PyObject *Py_UNUSED(ignored)) {
  if (PyList_GET_SIZE(self->history) == 0)
    return PyErr_Format(WordError, "no words yet");
  /* DEFECT cpython-refs-borrowed-ref-race: another thread can call forget()
   * between the two statements; the size test above does not help either. */
  PyObject *word = PyList_GET_ITEM(self->history, 0);
  return Py_NewRef(word);
}

static PyObject *counterLast(Counter *self, PyObject *Py_UNUSED(ignored)) {
  PyObject *word = NULL;
  /* TWIN: the list cannot change while its critical section is held, and
   * nothing between the look-up and Py_NewRef() suspends the section. */
  Py_BEGIN_CRITICAL_SECTION(self->history);
  Py_ssize_t size = PyList_GET_SIZE(self->history);
  if (size > 0) {
    word = PyList_GET_ITEM(self->history, size - 1);
    Py_INCREF(word);
  }
  Py_END_CRITICAL_SECTION();
  if (!word)
    PyErr_SetString(WordError, "no words yet");
  return word;
}

static PyObject *counterForget(Counter *self, PyObject *Py_UNUSED(ignored)) {
  PyDict_Clear(self->counts);
  if (PyList_SetSlice(self->history, 0, PY_SSIZE_T_MAX, NULL) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyMethodDef counter_methods[] = {
    {"add", (PyCFunction)counterAdd, METH_O, "Count a word once more."},
    {"get", (PyCFunction)counterGet, METH_O, "The count of a word."},
    {"first", (PyCFunction)counterFirst, METH_NOARGS, "The first word."},
    {"last", (PyCFunction)counterLast, METH_NOARGS, "The last word."},
    {"forget", (PyCFunction)counterForget, METH_NOARGS, "Start again."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot counter_slots[] = {{Py_tp_new, counterNew},
                                      {Py_tp_traverse, counterTraverse},
                                      {Py_tp_clear, counterClear},
                                      {Py_tp_dealloc, counterDealloc},
                                      {Py_tp_methods, counter_methods},
                                      {0, NULL}};

static PyType_Spec counter_spec = {"wordstat.Counter", sizeof(Counter), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                   counter_slots};

/* ---- Module functions ---------------------------------------------------- */

static PyObject *longest(PyObject *Py_UNUSED(module), PyObject *words) {
  if (!PyList_Check(words) || PyList_GET_SIZE(words) == 0)
    return PyErr_Format(WordError, "a list of words is needed");
  PyObject *best = NULL;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(words); ++i) {
    /* DEFECT cpython-refs-borrowed-ref-race: the caller owns the list, not its
     * items. A thread that pops the item frees it while it is measured. */
    PyObject *word = PyList_GetItem(words, i);
    if (!word || !PyUnicode_Check(word))
      continue;
    if (!best || PyUnicode_GET_LENGTH(word) > PyUnicode_GET_LENGTH(best))
      Py_XSETREF(best, Py_NewRef(word));
  }
  return best ? best : PyErr_Format(WordError, "no words in the list");
}

static PyObject *shortest(PyObject *module, PyObject *words) {
  WordstatState *state = PyModule_GetState(module);
  /* TWIN: the tuple is this function's own and immutable, so what is borrowed
   * from it lives as long as the tuple does. */
  PyObject *own = PySequence_Tuple(words);
  if (!own)
    return NULL;
  PyObject *best = NULL;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(own); ++i) {
    PyObject *word = PyTuple_GET_ITEM(own, i);
    if (PyUnicode_Check(word) &&
        (!best || PyUnicode_GET_LENGTH(word) < PyUnicode_GET_LENGTH(best)))
      best = word;
  }
  Py_XINCREF(best);
  Py_DECREF(own);
  return best ? best : PyErr_Format(state->EmptyError, "no words given");
}

static PyObject *vowelCount(PyObject *Py_UNUSED(module), PyObject *text) {
  const char *bytes = PyUnicode_AsUTF8(text);
  if (!bytes)
    return NULL;
  long count = 0;
  for (; *bytes; ++bytes)
    count += isVowel(*bytes);
  return PyLong_FromLong(count);
}

static PyObject *setHook(PyObject *Py_UNUSED(module), PyObject *hook) {
  Py_XSETREF(progress_hook, Py_NewRef(hook));
  Py_RETURN_NONE;
}

/* Runs in a thread that Python does not know. */
static void *countInThread(void *text) {
  Py_ssize_t words = countWords(text);
  PyMem_RawFree(text);
  /* DEFECT cpython-threads-gilstate-in-multi-interp: attaches this thread to
   * the main interpreter even if a subinterpreter started it: the hook then
   * runs with objects of another interpreter, under the wrong GIL. The twin is
   * in wordstat_ported.c. */
  PyGILState_STATE gil = PyGILState_Ensure();
  PyObject *result = PyObject_CallFunction(progress_hook, "n", words);
  if (!result)
    PyErr_WriteUnraisable(progress_hook);
  Py_XDECREF(result);
  PyGILState_Release(gil);
  return NULL;
}

static PyObject *countLater(PyObject *Py_UNUSED(module), PyObject *text) {
  const char *bytes = PyUnicode_AsUTF8(text);
  if (!bytes)
    return NULL;
  if (!progress_hook)
    return PyErr_Format(WordError, "call set_hook() first");
  char *copy = PyMem_RawMalloc(strlen(bytes) + 1);
  if (!copy)
    return PyErr_NoMemory();
  strcpy(copy, bytes);
  pthread_t thread;
  if (pthread_create(&thread, NULL, countInThread, copy) != 0) {
    PyMem_RawFree(copy);
    return PyErr_Format(PyExc_OSError, "no thread");
  }
  pthread_detach(thread);
  Py_RETURN_NONE;
}

static PyMethodDef wordstat_methods[] = {
    {"longest", longest, METH_O, "The longest str of a list."},
    {"shortest", shortest, METH_O, "The shortest str of a sequence."},
    {"vowels", vowelCount, METH_O, "How many ASCII vowels a text has."},
    {"set_hook", setHook, METH_O, "Who is told about finished counts."},
    {"count_later", countLater, METH_O, "Count words in a new thread."},
    {NULL, NULL, 0, NULL}};

static int wordstatExec(PyObject *module) {
  WordstatState *state = PyModule_GetState(module);
  WordError = PyErr_NewException("wordstat.WordError", PyExc_KeyError, NULL);
  if (!WordError || PyModule_AddObjectRef(module, "WordError", WordError) < 0)
    return -1;
  state->EmptyError = PyErr_NewException("wordstat.EmptyError", NULL, NULL);
  if (!state->EmptyError ||
      PyModule_AddObjectRef(module, "EmptyError", state->EmptyError) < 0)
    return -1;
  state->CounterType =
      (PyTypeObject *)PyType_FromModuleAndSpec(module, &counter_spec, NULL);
  return state->CounterType ? PyModule_AddType(module, state->CounterType) : -1;
}

static int wordstatTraverse(PyObject *module, visitproc visit, void *arg) {
  WordstatState *state = PyModule_GetState(module);
  Py_VISIT(state->EmptyError);
  Py_VISIT(state->CounterType);
  return 0;
}

static int wordstatClear(PyObject *module) {
  WordstatState *state = PyModule_GetState(module);
  Py_CLEAR(state->EmptyError);
  Py_CLEAR(state->CounterType);
  return 0;
}

static void wordstatFree(void *module) {
  (void)wordstatClear((PyObject *)module);
}

/* DEFECT cpython-modules-missing-gil-slot: importing the module on a
 * free-threaded build turns the GIL back on for the whole process.
 * DEFECT cpython-modules-missing-interpreters-slot: without the slot the module
 * claims to support subinterpreters, which the globals above break. The twin is
 * in wordstat_ported.c. */
static PyModuleDef_Slot wordstat_slots[] = {{Py_mod_exec, wordstatExec},
                                            {0, NULL}};

static struct PyModuleDef wordstat_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "wordstat",
    .m_doc = "Count words.",
    .m_size = sizeof(WordstatState),
    .m_methods = wordstat_methods,
    .m_slots = wordstat_slots,
    .m_traverse = wordstatTraverse,
    .m_clear = wordstatClear,
    .m_free = wordstatFree,
};

PyMODINIT_FUNC PyInit_wordstat(void) {
  return PyModuleDef_Init(&wordstat_module);
}
