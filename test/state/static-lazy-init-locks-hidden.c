// Locks that macros take without the GIL only, and code that never runs.
// RUN: %check_tidy %s cpython-state-static-lazy-init,cpython-state-unguarded-global-write %t -python=3.13,3.15

#include <Python.h>
#include <stdlib.h>

#ifdef Py_GIL_DISABLED
static PyMutex list_mutex;
#define LIST_LOCK() PyMutex_Lock(&list_mutex)
#define LIST_UNLOCK() PyMutex_Unlock(&list_mutex)
#else
#define LIST_LOCK() ((void)0)
#define LIST_UNLOCK() ((void)0)
#endif

typedef struct Item {
  struct Item *next;
} Item;
static Item *list;

// Unlocked on each way out: what follows still has the lock.
Item *item_alloc(int mode) {
  Item *item;
  LIST_LOCK();
  if (mode < 0) {
    LIST_UNLOCK();
    return NULL;
  }
  switch (mode) {
  case 0:
    LIST_UNLOCK();
    Py_FatalError("mode");
    return NULL;
  default:
    break;
  }
  if (!list)
    list = calloc(1, sizeof(Item));
  item = list;
  if (item)
    list = item->next;
  LIST_UNLOCK();
  return item;
}

// Unlocked for good in a block that goes on.
static Item *spare;
Item *item_spare(int mode) {
  LIST_LOCK();
  if (mode) {
    LIST_UNLOCK();
  }
  if (!spare)
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'spare' is initialised on first use without a lock
    spare = calloc(1, sizeof(Item));
  return spare;
}

// The library has it all: the rest is never reached.
static Item *unused;
static void more(void) {
  if (!unused)
    unused = calloc(1, sizeof(Item));
}
Item *item_library(void) {
  return calloc(1, sizeof(Item));
  LIST_LOCK();
  more();
  if (!unused)
    more();
  LIST_UNLOCK();
  return unused;
}

// Who is in a function is no first use.
static int busy;
// CHECK-MESSAGES: :[[@LINE-1]]:12: warning: 'busy' is a variable that all threads share
int item_walk(void) {
  if (busy)
    return 0;
  busy = 1;
  free(NULL);
  busy = 0;
  return 1;
}

// Given up when it fails: still one.
static int started;
int item_start(void) {
  if (!started) {
    // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'started' is initialised on first use without a lock
    started = 1;
    if (!calloc(1, 1)) {
      started = 0;
      return -1;
    }
  }
  return 0;
}
