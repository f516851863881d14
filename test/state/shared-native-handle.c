// RUN: %check_tidy %s cpython-state-shared-native-handle %t -python=3.13,3.15

#include <Python.h>
#include <stdio.h>

typedef struct lib_handle lib_handle;
lib_handle *lib_open(void);
int lib_do(lib_handle *handle);
int lib_ask(const lib_handle *handle);
typedef struct FT_LibraryRec_ *FT_Library;
int FT_Init_FreeType(FT_Library *library);
int FT_New_Face(FT_Library library, const char *path, long index, void **face);
int FT_Done_MM_Var(FT_Library library, void *var);
typedef struct ssl_ctx_st SSL_CTX;
void *SSL_new(SSL_CTX *context);

static lib_handle *lib;
// CHECK-MESSAGES: :[[@LINE-1]]:20: warning: 'lib' is one handle of a C library for all threads; 'run' passes it to 'lib_do' while 'run_again' can pass it to 'lib_do', with no lock in common [cpython-state-shared-native-handle]
// CHECK-NOTES: :[[@LINE+4]]:33: note: passed to 'lib_do' here, in 'run'
// CHECK-NOTES: :[[@LINE+6]]:33: note: passed to 'lib_do' here, in 'run_again'
// CHECK-NOTES: :[[@LINE-4]]:20: note: hold one lock around the calls, or open a handle for each thread or module object
static PyObject *run(PyObject *module, PyObject *unused) {
  return PyLong_FromLong(lib_do(lib));
}
static PyObject *run_again(PyObject *module, PyObject *unused) {
  return PyLong_FromLong(lib_do(lib) + 1);
}

// Half of the calls under the lock.
static PyMutex font_lock;
static FT_Library library;
// CHECK-MESSAGES: :[[@LINE-1]]:19: warning: 'library' is one handle of a C library for all threads; 'open_font' passes it to 'FT_New_Face' while 'open_unlocked' can pass it to 'FT_New_Face', with no lock in common
// CHECK-NOTES: :[[@LINE+6]]:15: note: passed to 'FT_New_Face' here, in 'open_font', holding 'font_lock'
// CHECK-NOTES: :[[@LINE+11]]:15: note: passed to 'FT_New_Face' here, in 'open_unlocked'
// CHECK-NOTES: :[[@LINE-4]]:19: note: hold one lock
static PyObject *open_font(PyObject *module, PyObject *unused) {
  void *face;
  PyMutex_Lock(&font_lock);
  FT_New_Face(library, "a", 0, &face);
  PyMutex_Unlock(&font_lock);
  Py_RETURN_NONE;
}
static PyObject *open_unlocked(PyObject *module, PyObject *unused) {
  void *face;
  FT_New_Face(library, "b", 0, &face);
  Py_RETURN_NONE;
}

// --- Near misses ---------------------------------------------------------------

static FILE *log_file;
static SSL_CTX *context;
static lib_handle *locked, *asked, *initial;
static _Thread_local lib_handle *of_thread;
static FT_Library freed_with;
static PyMutex lock;
static PyObject *silent(PyObject *module, PyObject *unused) {
  fputs("x", log_file);
  SSL_new(context);
  FT_Done_MM_Var(freed_with, NULL);
  PyMutex_Lock(&lock);
  lib_do(locked);
  PyMutex_Unlock(&lock);
  return PyLong_FromLong(lib_ask(asked) + lib_do(of_thread));
}
static int spam_exec(PyObject *module) {
  lib = lib_open();
  locked = lib_open();
  asked = lib_open();
  initial = lib_open();
  lib_do(initial);
  FT_Init_FreeType(&library);
  FT_Init_FreeType(&freed_with);
  log_file = stderr;
  context = (SSL_CTX *)lib_open();
  return 0;
}

static PyMethodDef spam_methods[] = {{"run", run, METH_NOARGS},
                                     {"run_again", run_again, METH_NOARGS},
                                     {"open_font", open_font, METH_NOARGS},
                                     {"open_unlocked", open_unlocked, METH_NOARGS},
                                     {"silent", silent, METH_NOARGS},
                                     {NULL}};
static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, (void *)spam_exec}, {0, NULL}};
static PyModuleDef spam_def = {PyModuleDef_HEAD_INIT, "spam", NULL, 0, spam_methods, spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
