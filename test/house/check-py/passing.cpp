// A C++ source is parsed as C++, with the standards that the test names.
// RUN: %check_tidy %s modernize-use-nullptr %t -python=3.13 -std=c++17,c++20

#include <Python.h>

static PyObject *nothing(PyObject *, PyObject *) { return NULL; }
// CHECK-MESSAGES: :[[@LINE-1]]:59: warning: use nullptr [modernize-use-nullptr]
// CHECK-FIXES: static PyObject *nothing(PyObject *, PyObject *) { return nullptr; }
PyCFunction Nothing = nothing;
