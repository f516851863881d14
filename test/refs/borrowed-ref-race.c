// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t

#include <Python.h>

// TODO: what must be found.
// TODO: // CHECK-MESSAGES: :[[@LINE-1]]:COLUMN: warning: message [cpython-refs-borrowed-ref-race]

// TODO: what looks alike and must not be found.
