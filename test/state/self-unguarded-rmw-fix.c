// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13,3.15 -fix-notes

#include <Python.h>

int use(PyObject *op);

typedef struct {
  PyObject_HEAD
  char *buf;
  Py_ssize_t size;
} Buffer;

// The body becomes a function of its own: it is left in the middle.
PyObject *buffer_push(Buffer *self, PyObject *value) {
  long c = PyLong_AsLong(value);
  if (c == -1 && PyErr_Occurred())
    return NULL;
  char *buf = PyMem_Realloc(self->buf, 10);
  if (buf == NULL) {
#ifdef DEMO_TRACE
    puts("no memory");
#endif
    return PyErr_NoMemory();
  }
  self->buf = buf;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'buffer_push' changes 'buf' of 'Buffer' without a lock while 'buffer_first' can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-9]]:29: note: 'buffer_push' reads 'buf' here without a lock
// CHECK-NOTES: :[[@LINE+8]]:26: note: 'buffer_first' reads 'buf' here without a lock
// CHECK-NOTES: :[[@LINE-15]]:11: note: 'buffer_push' is the method 'push' of 'demo.Buffer': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-21]]:9: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  buf[9] = (char)c;
  Py_RETURN_NONE;
}

static PyObject *buffer_first(Buffer *self, PyObject *unused) {
  return PyLong_FromLong(self->buf[0]);
}

static PyMethodDef buffer_methods[] = {
    {"push", (PyCFunction)buffer_push, METH_O, NULL},
    {"first", (PyCFunction)buffer_first, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Buffer_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Buffer",
    .tp_basicsize = sizeof(Buffer),
    .tp_methods = buffer_methods,
};

// Around the statement, behind what can return.
typedef struct {
  PyObject_HEAD
  Py_ssize_t count;
} Counter;

static PyObject *counter_add(Counter *self, PyObject *value) {
  long n = PyLong_AsLong(value);
  if (n == -1 && PyErr_Occurred())
    return NULL;
  self->count += n;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'counter_add' changes 'count' of 'Counter' without a lock while 'counter_next' can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+8]]:18: note: 'counter_next' changes 'count' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:18: note: 'counter_add' is the method 'add' of 'demo.Counter': any number of threads can be in it
// CHECK-NOTES: :[[@LINE+15]]:3: note: 'counter_twice' comes to 'add_twice' without a lock
// CHECK-NOTES: :[[@LINE-12]]:14: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
  Py_RETURN_NONE;
}

static PyObject *counter_next(Counter *self, PyObject *unused) {
  Py_ssize_t n = self->count++; // As it was.
  if (n > 10)
    Py_RETURN_NONE;
  return PyLong_FromSsize_t(n);
}

static void add_twice(Counter *self) { self->count += 2; }

static PyObject *counter_twice(Counter *self, PyObject *unused) {
  add_twice(self);
  Py_RETURN_NONE;
}

static PyMethodDef counter_methods[] = {
    {"add", (PyCFunction)counter_add, METH_O, NULL},
    {"next", (PyCFunction)counter_next, METH_NOARGS, NULL},
    {"twice", (PyCFunction)counter_twice, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
PyTypeObject Counter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Counter",
    .tp_basicsize = sizeof(Counter),
    .tp_methods = counter_methods,
};

// Python code runs between the test and the change: no section helps.
typedef struct {
  PyObject_HEAD
  Py_ssize_t left;
} Budget;

static PyObject *budget_spend(Budget *self, PyObject *arg) {
  if (self->left > 0) {
    if (use(arg) < 0)
      return NULL;
    self->left -= 1;
// CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'budget_spend' changes 'left' of 'Budget' without a lock while another thread in the same function can be reading it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-5]]:7: note: 'budget_spend' reads 'left' here without a lock
// CHECK-NOTES: :[[@LINE-7]]:18: note: 'budget_spend' is the method 'spend' of 'demo.Budget': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-11]]:14: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it; not rewritten automatically: 'use' can suspend a critical section between the uses in 'budget_spend'
  }
  Py_RETURN_NONE;
}

static PyMethodDef budget_methods[] = {
    {"spend", (PyCFunction)budget_spend, METH_O, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Budget_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Budget",
    .tp_basicsize = sizeof(Budget),
    .tp_methods = budget_methods,
};

// CHECK-FIXES: static PyObject *buffer_push_lock_held(Buffer *self, PyObject *value) {
// CHECK-FIXES: PyObject *buffer_push(Buffer *self, PyObject *value) {
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = buffer_push_lock_held(self, value);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
// CHECK-FIXES: }
// CHECK-FIXES: PyObject *result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: result = PyLong_FromLong(self->buf[0]);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: return result;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: Py_ssize_t n;
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: n = self->count++; // As it was.
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: static void add_twice_lock_held(Counter *self) { self->count += 2; }
// CHECK-FIXES: static void add_twice(Counter *self) {
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(self);
// CHECK-FIXES: #endif
// CHECK-FIXES: add_twice_lock_held(self);
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
// CHECK-FIXES: }
