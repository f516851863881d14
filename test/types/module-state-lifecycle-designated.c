// RUN: %check_tidy %s cpython-types-module-state-lifecycle %t -std=c11

#include <Python.h>

struct state {
  PyObject *cache;
};

// CHECK-FIXES: static int
// CHECK-FIXES: spam_traverse(PyObject *module, visitproc visit, void *arg)
// CHECK-FIXES: {
// CHECK-FIXES: struct state *state = (struct state *)PyModule_GetState(module);
// CHECK-FIXES: Py_VISIT(state->cache);
// CHECK-FIXES: return 0;
// CHECK-FIXES: }
// CHECK-FIXES: {{^$}}
// CHECK-FIXES: static int
// CHECK-FIXES: spam_clear(PyObject *module)
// CHECK-FIXES: {
// CHECK-FIXES: struct state *state = (struct state *)PyModule_GetState(module);
// CHECK-FIXES: Py_CLEAR(state->cache);
// CHECK-FIXES: return 0;
// CHECK-FIXES: }
// CHECK-FIXES: {{^$}}
// CHECK-FIXES: static void
// CHECK-FIXES: spam_free(void *module)
// CHECK-FIXES: {
// CHECK-FIXES: (void)spam_clear((PyObject *)module);
// CHECK-FIXES: }
// CHECK-FIXES: {{^$}}
static struct PyModuleDef spam_def = {
    // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: the state of module 'spam' owns objects, 'cache', but the module has no m_traverse, m_clear and m_free: they are never released [cpython-types-module-state-lifecycle]
    PyModuleDef_HEAD_INIT,
    .m_name = "spam",
    .m_size = sizeof(struct state),
    // CHECK-FIXES: .m_traverse = spam_traverse,
    // CHECK-FIXES: .m_clear = spam_clear,
    // CHECK-FIXES: .m_free = spam_free,
};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
