// RUN: %check_tidy %s cpython-threads-mutex-copied %t -python=3.13,3.15 -std=c++17

#include <Python.h>
#include <memory>
#include <vector>

struct Slot {
  PyMutex mutex;
  int value;
};
struct Movable {
  PyMutex mutex{};
  int value = 0;
  Movable() = default;
  Movable(const Movable &other) : value(other.value) {}
};

static std::vector<Slot> slots;
static std::vector<Slot> fixed_slots(16);
static std::vector<std::unique_ptr<Slot>> pointers;
static std::vector<Movable> movable;

int add() {
  slots.emplace_back();
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'emplace_back' moves the elements of 'slots' when it grows, and with them the mutex 'mutex', which only works at the place where it was made [cpython-threads-mutex-copied]
  // CHECK-NOTES: :[[@LINE-18]]:11: note: the mutex is declared here
  Slot copy = slots[0];
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: copying 'slots[0]' copies the mutex 'mutex', which only works at the place where it was made
  // CHECK-NOTES: :[[@LINE-21]]:11: note: the mutex is declared here
  return copy.value;
}

// Nothing below is wrong.

void reset(Slot &slot, Slot *other) {
  slot = Slot{};
  *other = Slot();
  fixed_slots[0].value = 1;
}
void grow() {
  pointers.push_back(std::make_unique<Slot>());
  movable.emplace_back();
}
