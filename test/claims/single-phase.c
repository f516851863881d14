// RUN: %check_tidy %s cpython-modules-single-phase-init,cpython-modules-missing-gil-slot %t -python=3.13,3.15 -no-fix

// pybind11 pull request 5564, claim 1.3, claim 1.4: first multi-phase initialization, then state per interpreter.
// "Nogil mode and extensions", claim 2.6: nobody is taken to be thread-safe who does not say so.
#include <Python.h>

static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_size = -1};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam_def); }
// claim 2.7, claim 2.8: the message says what importing it does, and names the module.
// CHECK-MESSAGES: :[[@LINE-2]]:43: warning: module 'spam' does not declare whether it needs the GIL; importing it enables the GIL in a free-threaded process [cpython-modules-missing-gil-slot]
// CHECK-MESSAGES: :[[@LINE-3]]:43: warning: module 'spam' is created by single-phase initialization; interpreters with a GIL of their own refuse to import it [cpython-modules-single-phase-init]
