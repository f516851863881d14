// RUN: %check_tidy %s cpython-state-thread-unsafe-libc %t -python=3.13,3.15 -std=c++17

#include <Python.h>
#include <ctime>

namespace mine {
int rand() { return 4; }
} // namespace mine
struct Random {
  int rand() { return 5; }
};

PyObject *draw(PyObject *, PyObject *) {
  Random random;
  return PyLong_FromLong(mine::rand() + random.rand());
}
PyObject *when(PyObject *, PyObject *) {
  std::time_t now = 0;
  return PyUnicode_FromString(std::ctime(&now));
  // CHECK-MESSAGES: :[[@LINE-1]]:31: warning: 'ctime' returns storage that the next call on any thread overwrites [cpython-state-thread-unsafe-libc]
}
