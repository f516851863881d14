// RUN: %check_tidy %s cpython-modules-invalid-module-def %t

#include <Python.h>

static int spam_exec(PyObject *m) { return PyModule_AddIntConstant(m, "ANSWER", 42); }
static int more_exec(PyObject *m) { return PyModule_AddIntConstant(m, "MORE", 43); }

// --- Slots and a negative size ------------------------------------------------

static PyModuleDef_Slot spam_slots[] = {{Py_mod_exec, spam_exec}, {0, NULL}};
static struct PyModuleDef spam_def = {
    PyModuleDef_HEAD_INIT, .m_name = "spam", .m_size = -1, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }
// CHECK-MESSAGES: :[[@LINE-3]]:27: warning: module 'spam' has slots and a negative m_size; importing it fails with SystemError [cpython-modules-invalid-module-def]

// --- Slots that nobody reads --------------------------------------------------

static struct PyModuleDef ham_def = {
    PyModuleDef_HEAD_INIT, .m_name = "ham", .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_ham(void) { return PyModule_Create(&ham_def); }
// CHECK-MESSAGES: :[[@LINE-1]]:42: warning: module 'ham' has slots, which only multi-phase initialization reads; this call fails with SystemError
// CHECK-NOTES: :[[@LINE-12]]:25: note: the slots are here

// --- The same slot twice ------------------------------------------------------

static PyObject *make(PyObject *spec, PyModuleDef *def) { return PyModule_New("eggs"); }
static PyModuleDef_Slot eggs_slots[] = {
    {Py_mod_create, make},
    {Py_mod_exec, spam_exec},
    {Py_mod_exec, more_exec},
    {Py_mod_create, make},
    {0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:6: warning: module 'eggs' has two 'Py_mod_create' slots; importing it fails
// CHECK-NOTES: :[[@LINE-7]]:6: note: the other one is here
static struct PyModuleDef eggs_def = {
    PyModuleDef_HEAD_INIT, .m_name = "eggs", .m_slots = eggs_slots};
PyMODINIT_FUNC PyInit_eggs(void) { return PyModuleDef_Init(&eggs_def); }

// Only one of two branches is compiled.
static PyModuleDef_Slot eggs2_slots[] = {
#ifdef EGGS_SPECIAL
    {Py_mod_create, make},
#else
    {Py_mod_create, make},
#endif
    {0, NULL}
};
static struct PyModuleDef eggs2_def = {
    PyModuleDef_HEAD_INIT, .m_name = "eggs2", .m_slots = eggs2_slots};
PyMODINIT_FUNC PyInit_eggs2(void) { return PyModuleDef_Init(&eggs2_def); }

// --- No end -------------------------------------------------------------------

static PyModuleDef_Slot open_slots[] = {
    {Py_mod_exec, spam_exec},
    {Py_mod_exec, more_exec},
};
// CHECK-MESSAGES: :[[@LINE-2]]:5: warning: no element with slot 0 ends 'open_slots'; reading goes on behind the array
static struct PyModuleDef open_def = {
    PyModuleDef_HEAD_INIT, .m_name = "open", .m_slots = open_slots};
PyMODINIT_FUNC PyInit_open(void) { return PyModuleDef_Init(&open_def); }

// Zeros that nobody wrote are an end too, and so is {0} or {}.
static PyModuleDef_Slot closed_slots[3] = {{Py_mod_exec, spam_exec}};
static struct PyModuleDef closed_def = {
    PyModuleDef_HEAD_INIT, .m_name = "closed", .m_slots = closed_slots};
PyMODINIT_FUNC PyInit_closed(void) { return PyModuleDef_Init(&closed_def); }
static PyModuleDef_Slot closed2_slots[] = {{Py_mod_exec, spam_exec}, {0}};
static struct PyModuleDef closed2_def = {
    PyModuleDef_HEAD_INIT, .m_name = "closed2", .m_slots = closed2_slots};
PyMODINIT_FUNC PyInit_closed2(void) { return PyModuleDef_Init(&closed2_def); }
#define SLOT_END {0, NULL}
static PyModuleDef_Slot closed3_slots[] = {{Py_mod_exec, spam_exec}, SLOT_END};
static struct PyModuleDef closed3_def = {
    PyModuleDef_HEAD_INIT, .m_name = "closed3", .m_slots = closed3_slots};
PyMODINIT_FUNC PyInit_closed3(void) { return PyModuleDef_Init(&closed3_def); }

// --- A definition that does not last -------------------------------------------

static const struct PyModuleDef fixed_def = {
    PyModuleDef_HEAD_INIT, .m_name = "fixed", .m_slots = spam_slots};
// CHECK-MESSAGES: :[[@LINE-2]]:33: warning: definition 'fixed_def' is constant, but the interpreter writes to it
PyMODINIT_FUNC PyInit_fixed(void) {
  return PyModuleDef_Init((struct PyModuleDef *)&fixed_def);
}
// CHECK-NOTES: :[[@LINE-2]]:10: note: it is handed to the interpreter here

PyMODINIT_FUNC PyInit_brief(void) {
  PyModuleDef brief_def = {PyModuleDef_HEAD_INIT, .m_name = "brief", .m_slots = spam_slots};
  return PyModuleDef_Init(&brief_def);
}
// CHECK-MESSAGES: :[[@LINE-3]]:15: warning: definition 'brief_def' is gone when the function returns, but the interpreter keeps a pointer to it
// CHECK-NOTES: :[[@LINE-3]]:10: note: it is handed to the interpreter here

PyMODINIT_FUNC PyInit_lasting(void) {
  static PyModuleDef lasting_def = {PyModuleDef_HEAD_INIT, .m_name = "lasting", .m_slots = spam_slots};
  return PyModuleDef_Init(&lasting_def);
}

// --- Flags of methods -----------------------------------------------------------

static PyObject *classy(PyObject *self, PyTypeObject *cls, PyObject *const *args,
                        Py_ssize_t nargs, PyObject *kwnames) { return Py_NewRef(self); }
static PyObject *plain(PyObject *self, PyObject *arg) { return Py_NewRef(arg); }
static PyMethodDef methods[] = {
    {"short", (PyCFunction)(void (*)(void))classy, METH_METHOD | METH_FASTCALL, NULL},
    {"full", (PyCFunction)(void (*)(void))classy, METH_METHOD | METH_FASTCALL | METH_KEYWORDS, NULL},
    {"words", plain, METH_KEYWORDS, NULL},
    {"two", plain, METH_NOARGS | METH_O, NULL},
    {"one", plain, METH_O | METH_CLASS, NULL},
    {"none", plain, METH_NOARGS | METH_COEXIST, NULL},
    {"many", plain, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-9]]:52: warning: the interpreter knows no way to call method 'short' with these flags; making the method fails with SystemError
// CHECK-MESSAGES: :[[@LINE-8]]:22: warning: the interpreter knows no way to call method 'words' with these flags
// CHECK-MESSAGES: :[[@LINE-8]]:20: warning: the interpreter knows no way to call method 'two' with these flags
static PyTypeObject Spam_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "spam.Spam", .tp_methods = methods};
int add_spam(PyObject *m) { return PyModule_AddType(m, &Spam_Type); }

// A module has no class.
static PyMethodDef functions[] = {
    {"full", (PyCFunction)(void (*)(void))classy, METH_METHOD | METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL}
};
// CHECK-MESSAGES: :[[@LINE-3]]:51: warning: function 'full' of a module asks for its defining class and has none; importing the module fails with SystemError
static struct PyModuleDef loose_def = {
    PyModuleDef_HEAD_INIT, .m_name = "loose", .m_methods = functions, .m_slots = spam_slots};
PyMODINIT_FUNC PyInit_loose(void) { return PyModuleDef_Init(&loose_def); }

// --- What is well formed, and what is not known ----------------------------------

extern PyModuleDef_Slot far_slots[];
static struct PyModuleDef far_def = {
    PyModuleDef_HEAD_INIT, .m_name = "far", .m_slots = far_slots};
PyMODINIT_FUNC PyInit_far(void) { return PyModuleDef_Init(&far_def); }

// Not by itself: the other file may fill the array.
static PyModuleDef_Slot filled_slots[2] = {{Py_mod_exec, spam_exec}, {Py_mod_exec, more_exec}};
static struct PyModuleDef filled_def = {
    PyModuleDef_HEAD_INIT, .m_name = "filled", .m_slots = filled_slots};
PyMODINIT_FUNC PyInit_filled(void) {
  filled_slots[1].slot = 0;
  return PyModuleDef_Init(&filled_def);
}

static struct PyModuleDef old_def = {
    PyModuleDef_HEAD_INIT, .m_name = "old", .m_size = -1};
PyMODINIT_FUNC PyInit_old(void) { return PyModule_Create(&old_def); }
