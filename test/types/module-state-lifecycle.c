// RUN: %check_tidy %s cpython-types-module-state-lifecycle %t

#include <Python.h>

typedef struct {
  PyObject *error;
  PyTypeObject *type;
  long count;
} State;

static State *get_state(PyObject *module) { return (State *)PyModule_GetState(module); }

// Nothing at all.

// CHECK-FIXES: static int
// CHECK-FIXES: spam_traverse(PyObject *module, visitproc visit, void *arg)
// CHECK-FIXES: {
// CHECK-FIXES: State *state = (State *)PyModule_GetState(module);
// CHECK-FIXES: Py_VISIT(state->error);
// CHECK-FIXES: Py_VISIT(state->type);
// CHECK-FIXES: return 0;
// CHECK-FIXES: }
// CHECK-FIXES: {{^$}}
// CHECK-FIXES: static int
// CHECK-FIXES: spam_clear(PyObject *module)
// CHECK-FIXES: {
// CHECK-FIXES: State *state = (State *)PyModule_GetState(module);
// CHECK-FIXES: Py_CLEAR(state->error);
// CHECK-FIXES: Py_CLEAR(state->type);
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
    // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: the state of module 'spam' owns objects, 'error' and 'type', but the module has no m_traverse, m_clear and m_free: they are never released [cpython-types-module-state-lifecycle]
    PyModuleDef_HEAD_INIT, "spam", NULL, sizeof(State)};
// CHECK-FIXES: PyModuleDef_HEAD_INIT, "spam", NULL, sizeof(State), NULL, NULL, spam_traverse, spam_clear, spam_free};
PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&spam_def); }

// Fields that were forgotten.

static int part_traverse(PyObject *module, visitproc visit, void *arg) {
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'part_traverse' does not visit 'type' in the state of module 'part': a cycle through it is never freed
  Py_VISIT(get_state(module)->error);
  // CHECK-FIXES: Py_VISIT(get_state(module)->type);
  return 0;
}
static int part_clear(PyObject *module) {
  // CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'part_clear' does not clear 'type' in the state of module 'part': it may keep a cycle alive
  State *state = get_state(module);
  Py_CLEAR(state->error);
  // CHECK-FIXES: Py_CLEAR(state->type);
  return 0;
}
static void part_free(void *module) { part_clear((PyObject *)module); }
static struct PyModuleDef part_def = {PyModuleDef_HEAD_INIT, "part", NULL,          sizeof(State), NULL, NULL,
                                      part_traverse,         part_clear, part_free};
PyMODINIT_FUNC PyInit_part(void) { return PyModuleDef_Init(&part_def); }

// Never freed without a cycle.

static int kept_traverse(PyObject *module, visitproc visit, void *arg) {
  State *state = get_state(module);
  Py_VISIT(state->error);
  Py_VISIT(state->type);
  return 0;
}
static int kept_clear(PyObject *module) {
  State *state = get_state(module);
  Py_CLEAR(state->error);
  Py_CLEAR(state->type);
  return 0;
}
// CHECK-FIXES: static void
// CHECK-FIXES: kept_free(void *module)
// CHECK-FIXES: {
// CHECK-FIXES: (void)kept_clear((PyObject *)module);
// CHECK-FIXES: }
// CHECK-FIXES: {{^$}}
static struct PyModuleDef kept_def = {PyModuleDef_HEAD_INIT, "kept", NULL,       sizeof(State), NULL, NULL,
                                      // CHECK-MESSAGES: :[[@LINE-1]]:27: warning: the state of module 'kept' owns objects, 'error' and 'type', but the module has no m_free: they are not released when the module is freed without being cleared before
                                      kept_traverse,         kept_clear, NULL};
// CHECK-FIXES: kept_traverse,         kept_clear, kept_free};
PyMODINIT_FUNC PyInit_kept(void) { return PyModuleDef_Init(&kept_def); }

static void memory_free(void *module) { get_state((PyObject *)module)->count = 0; }
// CHECK-MESSAGES: :[[@LINE-1]]:13: warning: 'memory_free' does not release 'error' and 'type' in the state of module 'memory': 'kept_clear' does, but is not always called before the module is freed
static struct PyModuleDef memory_def = {PyModuleDef_HEAD_INIT, "memory", NULL,       sizeof(State), NULL, NULL,
                                        kept_traverse,         kept_clear, memory_free};
PyMODINIT_FUNC PyInit_memory(void) { return PyModuleDef_Init(&memory_def); }

// Dropped twice.

static int twice_clear(PyObject *module) {
  State *state = get_state(module);
  Py_XDECREF(state->error);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: the reference in 'error' is dropped, but the pointer stays in the state, where it is used and dropped again after the object was freed
  PyTypeObject *type = state->type;
  state->type = NULL;
  Py_XDECREF(type);
  return 0;
}
static void twice_free(void *module) { twice_clear((PyObject *)module); }
static struct PyModuleDef twice_def = {PyModuleDef_HEAD_INIT, "twice", NULL,       sizeof(State), NULL, NULL,
                                       kept_traverse,         twice_clear, twice_free};
PyMODINIT_FUNC PyInit_twice(void) { return PyModuleDef_Init(&twice_def); }

// Right.

static void good_free(void *module) { kept_clear((PyObject *)module); }
static struct PyModuleDef good_def = {PyModuleDef_HEAD_INIT, "good", NULL,       sizeof(State), NULL, NULL,
                                      kept_traverse,         kept_clear, good_free};
PyMODINIT_FUNC PyInit_good(void) { return PyModuleDef_Init(&good_def); }

// The function that frees does all.
static void direct_free(void *module) {
  State *state = get_state((PyObject *)module);
  Py_XDECREF(state->error);
  Py_XDECREF(state->type);
}
static struct PyModuleDef direct_def = {PyModuleDef_HEAD_INIT, "direct", NULL, sizeof(State), NULL, NULL,
                                        kept_traverse,         NULL,     direct_free};
PyMODINIT_FUNC PyInit_direct(void) { return PyModuleDef_Init(&direct_def); }

// In helpers, and in another file.
static void drop(PyObject **place) { Py_CLEAR(*place); }
static int helped_clear(PyObject *module) {
  State *state = get_state(module);
  drop(&state->error);
  drop((PyObject **)&state->type);
  return 0;
}
static void helped_free(void *module) { helped_clear((PyObject *)module); }
static struct PyModuleDef helped_def = {PyModuleDef_HEAD_INIT, "helped", NULL,        sizeof(State), NULL, NULL,
                                        kept_traverse,         helped_clear, helped_free};
PyMODINIT_FUNC PyInit_helped(void) { return PyModuleDef_Init(&helped_def); }

extern int far_traverse(PyObject *module, visitproc visit, void *arg);
extern int far_clear(PyObject *module);
extern void far_free(void *module);
static struct PyModuleDef far_def = {PyModuleDef_HEAD_INIT, "far", NULL,     sizeof(State), NULL, NULL,
                                     far_traverse,          far_clear, far_free};
PyMODINIT_FUNC PyInit_far(void) { return PyModuleDef_Init(&far_def); }

// No objects, or borrowed ones.
typedef struct {
  long count;
  char *buffer;
} Plain;
static struct PyModuleDef plain_def = {PyModuleDef_HEAD_INIT, "plain", NULL, sizeof(Plain)};
PyMODINIT_FUNC PyInit_plain(void) { return PyModuleDef_Init(&plain_def); }

typedef struct {
  PyTypeObject *list;
  PyObject *dict;
  PyObject *module; // Itself; who keeps it alive takes a reference of its own.
} Borrowed;
static PyObject *module_of(Borrowed *state) {
  Py_INCREF(state->module);
  return state->module;
}
static int borrowed_exec(PyObject *module) {
  Borrowed *state = (Borrowed *)PyModule_GetState(module);
  state->list = &PyList_Type;
  state->dict = PyModule_GetDict(module);
  state->module = module;
  return module_of(state) == NULL;
}
static PyModuleDef_Slot borrowed_slots[] = {{Py_mod_exec, (void *)borrowed_exec}, {0, NULL}};
static struct PyModuleDef borrowed_def = {PyModuleDef_HEAD_INIT, "borrowed", NULL, sizeof(Borrowed), NULL, borrowed_slots};
PyMODINIT_FUNC PyInit_borrowed(void) { return PyModuleDef_Init(&borrowed_def); }

static struct PyModuleDef stateless_def = {PyModuleDef_HEAD_INIT, "stateless", NULL, 0};
PyMODINIT_FUNC PyInit_stateless(void) { return PyModuleDef_Init(&stateless_def); }
