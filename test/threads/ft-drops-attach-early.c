// RUN: %check_tidy %s cpython-threads-ft-drops-attach %t

// Python.h defines it; before that it is only what the command line says.
#ifdef Py_GIL_DISABLED
#define SPAM_LOCKS 1
#endif
#if !defined(_MSC_VER) && defined(Py_GIL_DISABLED)
#define SPAM_ATOMICS 1
#endif
// CHECK-MESSAGES: :[[@LINE-6]]:2: warning: 'Py_GIL_DISABLED' is tested before Python.h, which defines it, is included [cpython-threads-ft-drops-attach]
// CHECK-NOTES: :[[@LINE-4]]:2: note: and here

// As Windows needs it.
#ifndef Py_GIL_DISABLED
#ifdef SPAM_FREE_THREADED
#define Py_GIL_DISABLED 1
#endif
#endif

#include <Python.h>

#ifdef Py_GIL_DISABLED
#define SPAM_MUTEX 1
#endif

// With LLVM 22 a file without declarations of its own is not looked at.
PyObject *spam(void);
