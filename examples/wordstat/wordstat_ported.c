/* wordstat_ported: the parts of wordstat.c that had no twin there, after the
 * port. pyext-tidy reports nothing here. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <string.h>

typedef struct {
  PyObject *WordError;
  PyObject *separators; /* str, filled once by the exec function */
} WordstatState;

typedef struct {
  PyObject *hook; /* owned by the job: no other thread can replace it */
#if PY_VERSION_HEX >= 0x030F0000
  PyInterpreterView *view;
#endif
  char *text;
} Job;

static Py_ssize_t countWords(const char *text) {
  Py_ssize_t words = 0;
  for (int inside = 0; *text; ++text) {
    int separator = strchr(" \t\r\n.,;:!?", *text) != NULL;
    words += !separator && !inside;
    inside = !separator;
  }
  return words;
}

static void freeJob(Job *job) {
#if PY_VERSION_HEX >= 0x030F0000
  if (job->view)
    PyInterpreterView_Close(job->view);
#endif
  PyMem_RawFree(job->text);
  PyMem_RawFree(job);
}

static void callHook(Job *job, Py_ssize_t words) {
  PyObject *result = PyObject_CallFunction(job->hook, "n", words);
  if (!result)
    PyErr_WriteUnraisable(job->hook);
  Py_XDECREF(result);
  Py_DECREF(job->hook);
}

/* TWIN of countInThread: attaches to the interpreter that started the job, or
 * not at all when that one is gone (the hook is lost with it). Before Python
 * 3.15 there is no way to say which interpreter is meant, so the slot below
 * refuses subinterpreters. */
static void *countInThread(void *arg) {
  Job *job = arg;
  Py_ssize_t words = countWords(job->text);
#if PY_VERSION_HEX >= 0x030F0000
  PyThreadStateToken *token = PyThreadState_EnsureFromView(job->view);
  if (token) {
    callHook(job, words);
    PyThreadState_Release(token);
  }
#else
  PyGILState_STATE gil = PyGILState_Ensure();
  callHook(job, words);
  PyGILState_Release(gil);
#endif
  freeJob(job);
  return NULL;
}

static PyObject *countLater(PyObject *module, PyObject *args) {
  WordstatState *state = PyModule_GetState(module);
  const char *text;
  PyObject *hook;
  if (!PyArg_ParseTuple(args, "sO:count_later", &text, &hook))
    return NULL;
  if (!PyCallable_Check(hook)) {
    PyErr_SetObject(state->WordError, hook);
    return NULL;
  }
  Job *job = PyMem_RawCalloc(1, sizeof(Job));
  if (!job)
    return PyErr_NoMemory();
  job->text = PyMem_RawMalloc(strlen(text) + 1);
  if (!job->text) {
    freeJob(job);
    return PyErr_NoMemory();
  }
  strcpy(job->text, text);
#if PY_VERSION_HEX >= 0x030F0000
  job->view = PyInterpreterView_FromCurrent();
  if (!job->view) {
    freeJob(job);
    return NULL;
  }
#endif
  job->hook = Py_NewRef(hook);
  pthread_t thread;
  if (pthread_create(&thread, NULL, countInThread, job) != 0) {
    Py_DECREF(job->hook);
    freeJob(job);
    return PyErr_Format(PyExc_OSError, "no thread");
  }
  pthread_detach(thread);
  Py_RETURN_NONE;
}

static PyObject *separators(PyObject *module, PyObject *Py_UNUSED(ignored)) {
  /* TWIN of the lazy table: exec has filled it, nobody writes it afterwards. */
  WordstatState *state = PyModule_GetState(module);
  return Py_NewRef(state->separators);
}

static PyMethodDef wordstat_methods[] = {
    {"count_later", countLater, METH_VARARGS, "Count words in a new thread."},
    {"separators", separators, METH_NOARGS, "What ends a word."},
    {NULL, NULL, 0, NULL}};

static int wordstatExec(PyObject *module) {
  WordstatState *state = PyModule_GetState(module);
  state->WordError =
      PyErr_NewException("wordstat_ported.WordError", PyExc_KeyError, NULL);
  state->separators = PyUnicode_InternFromString(" \t\r\n.,;:!?");
  if (!state->WordError || !state->separators)
    return -1;
  return PyModule_AddObjectRef(module, "WordError", state->WordError);
}

static int wordstatTraverse(PyObject *module, visitproc visit, void *arg) {
  WordstatState *state = PyModule_GetState(module);
  Py_VISIT(state->WordError);
  Py_VISIT(state->separators);
  return 0;
}

static int wordstatClear(PyObject *module) {
  WordstatState *state = PyModule_GetState(module);
  Py_CLEAR(state->WordError);
  Py_CLEAR(state->separators);
  return 0;
}

static void wordstatFree(void *module) {
  (void)wordstatClear((PyObject *)module);
}

/* TWIN of the slots: the module says where it may run. */
static PyModuleDef_Slot wordstat_slots[] = {
    {Py_mod_exec, wordstatExec},
#if PY_VERSION_HEX >= 0x030F0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#elif PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};

static struct PyModuleDef wordstat_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "wordstat_ported",
    .m_doc = "Count words in threads.",
    .m_size = sizeof(WordstatState),
    .m_methods = wordstat_methods,
    .m_slots = wordstat_slots,
    .m_traverse = wordstatTraverse,
    .m_clear = wordstatClear,
    .m_free = wordstatFree,
};

PyMODINIT_FUNC PyInit_wordstat_ported(void) {
  return PyModuleDef_Init(&wordstat_module);
}
