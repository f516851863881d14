// RUN: %check_tidy %s cpython-state-static-lazy-init %t -std=c++17

#include <Python.h>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

struct Table {
  int size;
};

Table *make_table();

namespace {

std::vector<int> primes;
PyObject *get_primes(PyObject *, PyObject *) {
  if (primes.empty())
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'primes' is initialised on first use without a lock; another thread in 'get_primes' can pass the same test before line [[@LINE+1]] writes it [cpython-state-static-lazy-init]
    primes.push_back(2);
  return PyLong_FromSize_t(primes.size());
}

std::unique_ptr<Table> owned;
PyObject *get_owned(PyObject *, PyObject *) {
  if (!owned)
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'owned' is initialised on first use without a lock
    owned.reset(make_table());
  return PyLong_FromLong(owned->size);
}

class Instance {
  static Table *shared;

public:
  static Table *get() {
    if (shared == nullptr)
      // CHECK-MESSAGES: :[[@LINE-1]]:5: warning: 'shared' is initialised on first use without a lock; another thread in 'get'
      shared = make_table();
    return shared;
  }
};
Table *Instance::shared;

// Near misses.
std::mutex mutex;
PyObject *guarded(PyObject *, PyObject *) {
  static Table *table;
  const std::lock_guard<std::mutex> lock(mutex);
  if (!table)
    table = make_table();
  return PyLong_FromLong(table->size);
}

std::once_flag flag;
Table *once_table;
PyObject *once(PyObject *, PyObject *) {
  std::call_once(flag, [] {
    if (!once_table)
      once_table = make_table();
  });
  return PyLong_FromLong(once_table->size);
}

std::atomic<Table *> published{nullptr};
PyObject *atomic(PyObject *, PyObject *) {
  if (!published.load()) {
    Table *expected = nullptr, *fresh = make_table();
    published.compare_exchange_strong(expected, fresh);
  }
  return PyLong_FromLong(published.load()->size);
}

PyObject *at_declaration(PyObject *, PyObject *) {
  static Table *const table = make_table();
  static const std::unique_ptr<Table> other(make_table());
  if (!table || !other)
    Py_RETURN_NONE;
  return PyLong_FromLong(table->size);
}

PyObject *shared_instance(PyObject *, PyObject *) { return PyLong_FromLong(Instance::get()->size); }

PyMethodDef methods[] = {
    {"get_primes", get_primes, METH_NOARGS, nullptr},
    {"get_owned", get_owned, METH_NOARGS, nullptr},
    {"shared_instance", shared_instance, METH_NOARGS, nullptr},
    {"guarded", guarded, METH_NOARGS, nullptr},
    {"once", once, METH_NOARGS, nullptr},
    {"atomic", atomic, METH_NOARGS, nullptr},
    {"at_declaration", at_declaration, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyModuleDef definition = {PyModuleDef_HEAD_INIT, "spam", nullptr, 0, methods, nullptr, nullptr, nullptr, nullptr};

} // namespace

PyMODINIT_FUNC PyInit_spam(void) { return PyModuleDef_Init(&definition); }
