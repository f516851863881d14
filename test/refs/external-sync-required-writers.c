// RUN: %check_tidy %s cpython-refs-external-sync-required %t -python=3.15

#include <Python.h>

static PyUnicodeWriter *log_writer;
static PyUnicodeWriter *guarded_writer;
static _Thread_local PyUnicodeWriter *thread_writer;
static PyMutex lock;

static PyObject *write_log(PyObject *m, PyObject *s) {
  return PyUnicodeWriter_WriteStr(log_writer, s) < 0 ? NULL : Py_NewRef(Py_None);
  // CHECK-MESSAGES: :[[@LINE-1]]:10: warning: 'PyUnicodeWriter_WriteStr' on 'log_writer' is not safe while another thread uses the same object [cpython-refs-external-sync-required]
  // CHECK-NOTES: :[[@LINE-2]]:10: note: any number of threads can call 'write_log' at the same time
}

//===--- Not reported --------------------------------------------------------===//

static PyObject *locked(PyObject *m, PyObject *s) {
  PyMutex_Lock(&lock);
  int failed = PyUnicodeWriter_WriteStr(guarded_writer, s) < 0;
  PyMutex_Unlock(&lock);
  return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *join(PyObject *m, PyObject *s) {
  PyUnicodeWriter *w = PyUnicodeWriter_Create(0);
  if (w == NULL)
    return NULL;
  if (PyUnicodeWriter_WriteStr(w, s) < 0 ||
      PyUnicodeWriter_WriteStr(thread_writer, s) < 0) {
    PyUnicodeWriter_Discard(w);
    return NULL;
  }
  return PyUnicodeWriter_Finish(w);
}

PyMethodDef methods[] = {{"write_log", write_log, METH_O, NULL},
                         {"locked", locked, METH_O, NULL},
                         {"join", join, METH_O, NULL},
                         {NULL, NULL, 0, NULL}};
