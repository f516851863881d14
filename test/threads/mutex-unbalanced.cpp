// RUN: %check_tidy %s cpython-threads-mutex-unbalanced %t -python=3.13,3.15

#include <Python.h>
#include <mutex>
#include <stdexcept>
#include <vector>

int work(PyObject *op);

class Queue {
public:
  // It throws, and nothing unlocks.
  void push(PyObject *op) {
    PyMutex_Lock(&mutex);
    if (items.size() > 100)
      throw std::length_error("full");
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'throw' leaves {{.*}} locked [cpython-threads-mutex-unbalanced]
    items.push_back(op);
    PyMutex_Unlock(&mutex);
  }
  PyObject *pop() {
    PyMutex_Lock(&mutex);
    if (items.empty())
      return nullptr;
    // CHECK-MESSAGES: :[[@LINE-1]]:7: warning: 'return' leaves {{.*}} locked
    PyObject *op = items.back();
    items.pop_back();
    PyMutex_Unlock(&mutex);
    return op;
  }
  // Caught where it is locked.
  int safe(PyObject *op) {
    int rc = 0;
    PyMutex_Lock(&mutex);
    try {
      if (items.empty())
        throw std::out_of_range("empty");
      rc = work(op);
    } catch (const std::exception &) {
      rc = -1;
    }
    PyMutex_Unlock(&mutex);
    return rc;
  }
  friend class Guard;

private:
  PyMutex mutex{};
  std::vector<PyObject *> items;
};

// What the object locks its destructor unlocks.
class Guard {
public:
  explicit Guard(PyMutex &mutex) : mutex(mutex) { PyMutex_Lock(&this->mutex); }
  explicit Guard(Queue &queue) : mutex(queue.mutex) { PyMutex_Lock(&mutex); }
  ~Guard() { PyMutex_Unlock(&mutex); }
  Guard(const Guard &) = delete;

private:
  PyMutex &mutex;
};
template <typename Function> int with_lock(PyMutex &mutex, Function function) {
  Guard guard(mutex);
  return function();
}
static PyMutex global;
int templated(PyObject *op) {
  return with_lock(global, [&] {
    if (op == nullptr)
      return -1;
    return work(op);
  });
}
int std_guards(PyObject *op) {
  static std::mutex m;
  std::unique_lock<std::mutex> lock(m);
  if (op == nullptr)
    return -1;
  lock.unlock();
  return work(op);
}
void use(Queue &queue) {
  queue.push(nullptr);
  queue.pop();
  queue.safe(nullptr);
  Guard guard(queue);
}
