// RUN: %check_tidy %s cpython-refs-weak-pointer-cache %t -python=3.13

#include <Python.h>
#include <string>
#include <unordered_map>

namespace {

std::unordered_map<std::string, PyObject *> instances; // Not owned.
std::unordered_map<std::string, PyObject *> names;     // Owned.

struct Thing {
  PyObject_HEAD
  std::string *key;
};

void dealloc(PyObject *self) {
  instances.erase(*reinterpret_cast<Thing *>(self)->key);
  Py_TYPE(self)->tp_free(self);
}

PyObject *lookup(PyObject *, PyObject *key) {
  auto it = instances.find(PyUnicode_AsUTF8(key));
  if (it == instances.end())
    Py_RETURN_NONE;
  Py_INCREF(it->second);
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'lookup' takes a reference to the object in 'instances', which may be dying: 'instances' does not own it
  return it->second;
}

PyObject *name(PyObject *, PyObject *key) {
  auto it = names.find(PyUnicode_AsUTF8(key));
  if (it == names.end())
    Py_RETURN_NONE;
  return Py_NewRef(it->second);
}

PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void *>(dealloc)},
                       {0, nullptr}};
} // namespace

PyType_Spec spec = {"m.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT, slots};
PyMethodDef methods[] = {{"lookup", lookup, METH_O, nullptr},
                         {"name", name, METH_O, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
