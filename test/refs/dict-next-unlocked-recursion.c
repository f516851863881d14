// RUN: %check_tidy %s cpython-refs-dict-next-unlocked %t -python=3.13 -no-fix

// Functions that return what each other returned, as decoders do: the answer
// must not take time that doubles with each of them.

#include <Python.h>

static PyObject *decode0(PyObject *o, int kind);
static PyObject *decode1(PyObject *o, int kind);
static PyObject *decode2(PyObject *o, int kind);
static PyObject *decode3(PyObject *o, int kind);
static PyObject *decode4(PyObject *o, int kind);
static PyObject *decode5(PyObject *o, int kind);
static PyObject *decode6(PyObject *o, int kind);
static PyObject *decode7(PyObject *o, int kind);
static PyObject *decode8(PyObject *o, int kind);
static PyObject *decode9(PyObject *o, int kind);
static PyObject *decode10(PyObject *o, int kind);
static PyObject *decode11(PyObject *o, int kind);
static PyObject *decode12(PyObject *o, int kind);
static PyObject *decode13(PyObject *o, int kind);

static PyObject *decode0(PyObject *o, int kind) {
  switch (kind) {
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyObject_GetAttrString(o, "d");
  }
}

static PyObject *decode1(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode2(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode3(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode4(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode5(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode6(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode7(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode8(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode9(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode10(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode11(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode12(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 13:
    return decode13(o, kind - 1);
  default:
    return PyDict_New();
  }
}

static PyObject *decode13(PyObject *o, int kind) {
  switch (kind) {
  case 0:
    return decode0(o, kind - 1);
  case 1:
    return decode1(o, kind - 1);
  case 2:
    return decode2(o, kind - 1);
  case 3:
    return decode3(o, kind - 1);
  case 4:
    return decode4(o, kind - 1);
  case 5:
    return decode5(o, kind - 1);
  case 6:
    return decode6(o, kind - 1);
  case 7:
    return decode7(o, kind - 1);
  case 8:
    return decode8(o, kind - 1);
  case 9:
    return decode9(o, kind - 1);
  case 10:
    return decode10(o, kind - 1);
  case 11:
    return decode11(o, kind - 1);
  case 12:
    return decode12(o, kind - 1);
  default:
    return PyDict_New();
  }
}

PyObject *size(PyObject *m, PyObject *o) {
  PyObject *d = decode3(o, 5), *key;
  Py_ssize_t pos = 0, n = 0;
  while (d && PyDict_Next(d, &pos, &key, NULL))
    // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'PyDict_Next' steps through 'd' without
    n++;
  Py_XDECREF(d);
  return PyLong_FromSsize_t(n);
}
