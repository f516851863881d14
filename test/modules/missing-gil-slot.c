// RUN: %check_tidy %s cpython-modules-missing-gil-slot %t

#include <Python.h>

static int spam_exec(PyObject *m) { return PyModule_AddIntConstant(m, "ANSWER", 42); }

static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-4]]:25: warning: module 'spam' does not declare whether it needs the GIL; importing it enables the GIL in a free-threaded process [cpython-modules-missing-gil-slot]
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

// The sentinel on the line of the brace.
static PyModuleDef_Slot ham_slots[] = {{0, NULL}};
// CHECK-MESSAGES: :[[@LINE-1]]:25: warning: module 'ham' does not declare
// CHECK-FIXES: static PyModuleDef_Slot ham_slots[] = {
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
// CHECK-FIXES: {0, NULL}};
static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_slots = ham_slots};
PyMODINIT_FUNC PyInit_ham(void) { return PyModuleDef_Init(&ham_def); }

// A sentinel that is not spelled out in full, below a conditional slot.
static PyModuleDef_Slot eggs_slots[] = {
    {Py_mod_exec, spam_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0}
};
// CHECK-MESSAGES: :[[@LINE-7]]:25: warning: module 'eggs' does not declare
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: {Py_mod_gil, Py_MOD_GIL_USED},
// CHECK-FIXES: #endif
static struct PyModuleDef eggs_def = {
    PyModuleDef_HEAD_INIT, .m_name = "eggs", .m_slots = eggs_slots};
static PyObject *make_eggs(void) { return PyModuleDef_Init(&eggs_def); }
PyMODINIT_FUNC PyInit_eggs(void) { return make_eggs(); }

// Multi-phase without any slot: nowhere to put one.
static struct PyModuleDef bare_def = {PyModuleDef_HEAD_INIT, .m_name = "bare"};
// CHECK-MESSAGES: :[[@LINE-1]]:27: warning: module 'bare' does not declare
PyMODINIT_FUNC PyInit_bare(void) { return PyModuleDef_Init(&bare_def); }

// Single-phase.
static struct PyModuleDef old_def = {
    PyModuleDef_HEAD_INIT, .m_name = "old", .m_size = -1};
PyMODINIT_FUNC PyInit_old(void) {
  PyObject *m = PyModule_Create(&old_def);
  if (m == NULL)
    return NULL;
  if (PyModule_AddIntConstant(m, "ANSWER", 42) < 0) {
    Py_DECREF(m);
    return NULL;
  }
  return m;
}
// CHECK-MESSAGES: :[[@LINE-9]]:17: warning: module 'old' does not declare
// CHECK-FIXES: #ifdef Py_GIL_DISABLED
// CHECK-FIXES: PyUnstable_Module_SetGIL(m, Py_MOD_GIL_USED);
// CHECK-FIXES: #endif

PyMODINIT_FUNC PyInit_old2(void) {
  PyObject *m;
  if (!(m = PyModule_Create(&old_def))) {
    return NULL;
  }
  return m;
}
// CHECK-MESSAGES: :[[@LINE-5]]:13: warning: module 'old' does not declare
// CHECK-FIXES: #ifdef Py_GIL_DISABLED
// CHECK-FIXES: PyUnstable_Module_SetGIL(m, Py_MOD_GIL_USED);
// CHECK-FIXES: #endif

PyMODINIT_FUNC PyInit_old3(void) { return PyModule_Create(&old_def); }
// CHECK-MESSAGES: :[[@LINE-1]]:43: warning: module 'old' does not declare

// --- What declares it -------------------------------------------------------

static PyModuleDef_Slot ok1_slots[] = {
    {Py_mod_exec, spam_exec},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}
};
static struct PyModuleDef ok1_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ok1", .m_slots = ok1_slots};
PyMODINIT_FUNC PyInit_ok1(void) { return PyModuleDef_Init(&ok1_def); }

static PyModuleDef_Slot ok2_slots[] = {
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}
};
static struct PyModuleDef ok2_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ok2", .m_slots = ok2_slots};
PyMODINIT_FUNC PyInit_ok2(void) { return PyModuleDef_Init(&ok2_def); }

// Through a macro that is empty for older versions.
#if PY_VERSION_HEX >= 0x030D0000
#define GIL_SLOT {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#else
#define GIL_SLOT
#endif
static PyModuleDef_Slot ok3_slots[] = {GIL_SLOT{0, NULL}};
static struct PyModuleDef ok3_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ok3", .m_slots = ok3_slots};
PyMODINIT_FUNC PyInit_ok3(void) { return PyModuleDef_Init(&ok3_def); }

// Single-phase, directly, in a helper, and through a macro.
PyMODINIT_FUNC PyInit_ok4(void) {
  PyObject *m = PyModule_Create(&old_def);
#ifdef Py_GIL_DISABLED
  if (m)
    PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
  return m;
}

static PyObject *declared(PyObject *m) {
#ifdef Py_GIL_DISABLED
  if (m)
    PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
  return m;
}
PyMODINIT_FUNC PyInit_ok5(void) { return declared(PyModule_Create(&old_def)); }

#ifdef Py_GIL_DISABLED
#define DECLARE_GIL(m) PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED)
#else
#define DECLARE_GIL(m) ((void)0)
#endif
PyMODINIT_FUNC PyInit_ok6(void) {
  PyObject *m = PyModule_Create(&old_def);
  if (m)
    DECLARE_GIL(m);
  return m;
}

// --- What cannot be known ---------------------------------------------------

extern PyModuleDef_Slot far_slots[];
static struct PyModuleDef far_def = {
    PyModuleDef_HEAD_INIT, .m_name = "far", .m_slots = far_slots};
PyMODINIT_FUNC PyInit_far(void) { return PyModuleDef_Init(&far_def); }

extern struct PyModuleDef farther_def;
PyMODINIT_FUNC PyInit_farther(void) { return PyModuleDef_Init(&farther_def); }

static struct PyModuleDef late_def = {PyModuleDef_HEAD_INIT, .m_name = "late"};
PyMODINIT_FUNC PyInit_late(void) {
  late_def.m_slots = ok1_slots;
  return PyModuleDef_Init(&late_def);
}

// An array that code fills.
static PyModuleDef_Slot filled_slots[3];
static struct PyModuleDef filled_def = {
    PyModuleDef_HEAD_INIT, .m_name = "filled", .m_slots = filled_slots};
PyMODINIT_FUNC PyInit_filled(void) {
  filled_slots[0].slot = Py_mod_exec;
  filled_slots[0].value = (void *)spam_exec;
  return PyModuleDef_Init(&filled_def);
}
static PyModuleDef_Slot patched_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}, {0, NULL}};
static struct PyModuleDef patched_def = {
    PyModuleDef_HEAD_INIT, .m_name = "patched", .m_slots = patched_slots};
extern int slot_number;
PyMODINIT_FUNC PyInit_patched(void) {
  patched_slots[1].slot = slot_number;
  return PyModuleDef_Init(&patched_def);
}

PyObject *made_elsewhere(void);
PyMODINIT_FUNC PyInit_elsewhere(void) { return made_elsewhere(); }

// A helper module inside another one is no module of its own.
static struct PyModuleDef sub_def = {PyModuleDef_HEAD_INIT, .m_name = "ok1.sub"};
int add_submodule(PyObject *m) {
  PyObject *sub = PyModule_Create(&sub_def);
  if (!sub)
    return -1;
  int status = PyModule_AddObjectRef(m, "sub", sub);
  Py_DECREF(sub);
  return status;
}
