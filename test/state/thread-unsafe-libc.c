// RUN: %check_tidy %s cpython-state-thread-unsafe-libc %t -python=3.13,3.15

#include <Python.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static PyObject *get_year(PyObject *module, PyObject *arg) {
  time_t when = (time_t)PyLong_AsLongLong(arg);
  struct tm *parts = localtime(&when);
  // CHECK-MESSAGES: :[[@LINE-1]]:22: warning: 'localtime' returns storage that the next call on any thread overwrites [cpython-state-thread-unsafe-libc]
  // CHECK-NOTES: :[[@LINE+3]]:13: note: called here as well
  // CHECK-NOTES: :[[@LINE-3]]:22: note: 'localtime_r' does not
  if (!parts)
    parts = localtime(NULL);
  return PyLong_FromLong(parts->tm_year);
}

static PyObject *draw(PyObject *module, PyObject *unused) {
  return PyLong_FromLong(rand());
  // CHECK-MESSAGES: :[[@LINE-1]]:26: warning: 'rand' uses one random number generator for all threads
  // CHECK-NOTES: :[[@LINE-2]]:26: note: 'rand_r' does not
}

static PyObject *split(PyObject *module, PyObject *unused) {
  char text[] = "a b";
  return PyUnicode_FromString(strtok(text, " "));
  // CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'strtok' keeps for all threads where it is
  // CHECK-NOTES: :[[@LINE-2]]:31: note: 'strtok_r' does not
}

static PyObject *use_c_locale(PyObject *module, PyObject *unused) {
  char *old = setlocale(LC_ALL, NULL);
  setlocale(LC_NUMERIC, "C");
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'setlocale' changes the locale of all threads while they use it
  // CHECK-NOTES: :[[@LINE+2]]:3: note: called here as well
  // CHECK-NOTES: :[[@LINE-3]]:3: note: 'uselocale' does not
  setlocale(LC_NUMERIC, old);
  Py_RETURN_NONE;
}

static PyObject *set_zone(PyObject *module, PyObject *unused) {
  setenv("TZ", "UTC", 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'setenv' changes the environment while other threads read it
  tzset();
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tzset' changes the time zone of all threads while they use it
  Py_RETURN_NONE;
}

// Detached, so the GIL is no lock either.
static PyObject *detached(PyObject *module, PyObject *unused) {
  long number;
  Py_BEGIN_ALLOW_THREADS
  number = lrand48();
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'lrand48' uses one random number generator for all threads; the thread is detached here, so that holds with the GIL, too
  // CHECK-NOTES: :[[@LINE-2]]:12: note: 'lrand48_r' does not
  Py_END_ALLOW_THREADS
  return PyLong_FromLong(number);
}

// --- Near misses ---------------------------------------------------------------

static PyMutex lock;
static PyObject *silent(PyObject *module, PyObject *arg) {
  time_t when = 0;
  struct tm parts;
  localtime_r(&when, &parts);
  PyMutex_Lock(&lock);
  parts = *gmtime(&when);
  PyMutex_Unlock(&lock);
  char *save, text[] = "a b";
  strtok_r(text, " ", &save);
  PyErr_SetString(PyExc_OSError, strerror(1));
  return PyLong_FromLong(parts.tm_year);
}
struct parser {
  int (*getopt)(void);
};
static PyObject *other_names(PyObject *module, PyObject *arg) {
  struct parser parser = {0};
  return PyLong_FromLong(parser.getopt());
}
#ifndef Py_GIL_DISABLED
static PyObject *with_gil(PyObject *module, PyObject *arg) {
  return PyLong_FromLong(rand());
}
#endif
static int spam_exec(PyObject *module) {
  srand(42);
  setlocale(LC_ALL, "");
  return 0;
}

static PyMethodDef spam_methods[] = {{"get_year", get_year, METH_O},
                                     {"draw", draw, METH_NOARGS},
                                     {"split", split, METH_NOARGS},
                                     {"use_c_locale", use_c_locale, METH_NOARGS},
                                     {"set_zone", set_zone, METH_NOARGS},
                                     {"detached", detached, METH_NOARGS},
                                     {"silent", silent, METH_NOARGS},
                                     {"other_names", other_names, METH_NOARGS},
#ifndef Py_GIL_DISABLED
                                     {"with_gil", with_gil, METH_NOARGS},
#endif
                                     {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
