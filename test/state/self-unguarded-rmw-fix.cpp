// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13,3.15 -fix-notes -std=c++17

#include <Python.h>
#include <string>

struct Counter {
  PyObject_HEAD
  long count;
  long named;

  static PyObject *next(PyObject *op, PyObject *) {
    auto *self = reinterpret_cast<Counter *>(op);
    self->count++;
// CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'next' changes 'count' of 'Counter' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE-4]]:20: note: 'next' is the method 'next' of 'demo.Counter': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-8]]:8: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it
    Py_RETURN_NONE;
  }
};

// An exception could leave the section, whose end would then not run.
std::string describe(long);

static PyObject *counter_name(PyObject *op, PyObject *) {
  auto *self = reinterpret_cast<Counter *>(op);
  self->named++;
// CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'counter_name' changes 'named' of 'Counter' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
// CHECK-NOTES: :[[@LINE+3]]:40: note: 'counter_name' reads 'named' here without a lock
// CHECK-NOTES: :[[@LINE-5]]:18: note: 'counter_name' is the method 'name' of 'demo.Counter': any number of threads can be in it
// CHECK-NOTES: :[[@LINE-21]]:8: note: hold one lock at all of these places: a critical section on the object, or a mutex that is a field of it; not rewritten automatically: a C++ exception could leave the locked code
  return PyUnicode_FromString(describe(self->named).c_str());
}

static PyMethodDef counter_methods[] = {
    {"next", Counter::next, METH_NOARGS, nullptr},
    {"name", counter_name, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};
static PyType_Slot counter_slots[] = {{Py_tp_methods, counter_methods}, {0, nullptr}};
PyType_Spec counter_spec = {"demo.Counter", sizeof(Counter), 0, Py_TPFLAGS_DEFAULT,
                            counter_slots};

// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_BEGIN_CRITICAL_SECTION(op);
// CHECK-FIXES: #endif
// CHECK-FIXES: #if PY_VERSION_HEX >= 0x030D0000
// CHECK-FIXES: Py_END_CRITICAL_SECTION();
// CHECK-FIXES: #endif
