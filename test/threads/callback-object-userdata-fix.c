// RUN: %check_tidy %s cpython-threads-callback-object-userdata %t -python=3.13,3.15 -fix-notes -fix-min-python=3.10

// The object goes into a struct with a view of its interpreter.
#include <Python.h>

void lib_on_event(void (*callback)(void *), void *user);
void lib_on_error(void (*callback)(void *), void *user);
void lib_on_close(void (*callback)(void *), void *user);
int use(PyObject *object);

typedef struct {
  PyObject_HEAD
  int count;
} Obj;

static void on_event(void *user) {
  Obj *self = (Obj *)user;
  PyGILState_STATE state = PyGILState_Ensure();
  self->count++;
  use((PyObject *)user);
  PyGILState_Release(state);
}
// CHECK-MESSAGES: :[[@LINE-6]]:15: warning: callback 'on_event' takes its data 'user' for a Python object, but 'PyGILState_Ensure' does not attach to the interpreter of that object, and nothing keeps the object alive until then [cpython-threads-callback-object-userdata]
// CHECK-NOTES: :[[@LINE-6]]:28: note: the thread is attached here, to the main interpreter or to the one it used last
// CHECK-NOTES: :[[@LINE+4]]:3: note: the callback is registered here with the object
// CHECK-NOTES: :[[@LINE-9]]:15: note: give it a struct with a strong reference to the object and, from Python 3.15 on, a PyInterpreterView for 'PyThreadState_EnsureFromView'

static PyObject *obj_listen(PyObject *self, PyObject *ignored) {
  lib_on_event(on_event, self);
  Py_RETURN_NONE;
}

// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030F0000
// CHECK-FIXES-NOTES: typedef struct {
// CHECK-FIXES-NOTES: PyInterpreterView *view;
// CHECK-FIXES-NOTES: PyObject *object;
// CHECK-FIXES-NOTES: } on_event_data;
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030F0000
// CHECK-FIXES-NOTES: on_event_data *registered = (on_event_data *)user;
// CHECK-FIXES-NOTES: user = registered->object;
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030F0000
// CHECK-FIXES-NOTES: PyThreadStateToken *state = PyThreadState_EnsureFromView(registered->view);
// CHECK-FIXES-NOTES: if (state == NULL)
// CHECK-FIXES-NOTES: return;
// CHECK-FIXES-NOTES: #else
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030F0000
// CHECK-FIXES-NOTES: if (PyErr_Occurred() != NULL)
// CHECK-FIXES-NOTES: PyErr_WriteUnraisable(NULL);
// CHECK-FIXES-NOTES: PyThreadState_Release(state);
// CHECK-FIXES-NOTES: #else
// CHECK-FIXES-NOTES: #endif
// CHECK-FIXES-NOTES: #if PY_VERSION_HEX >= 0x030F0000
// CHECK-FIXES-NOTES: on_event_data *registered = (on_event_data *)PyMem_RawMalloc(sizeof(on_event_data));
// CHECK-FIXES-NOTES: if (registered == NULL)
// CHECK-FIXES-NOTES: return PyErr_NoMemory();
// CHECK-FIXES-NOTES: registered->view = PyInterpreterView_FromCurrent();
// CHECK-FIXES-NOTES: if (registered->view == NULL) {
// CHECK-FIXES-NOTES: PyMem_RawFree(registered);
// CHECK-FIXES-NOTES: return NULL;
// CHECK-FIXES-NOTES: }
// CHECK-FIXES-NOTES: registered->object = Py_NewRef(self);
// CHECK-FIXES-NOTES: lib_on_event(on_event, registered);
// CHECK-FIXES-NOTES: #else
// CHECK-FIXES-NOTES: #endif

// --- Too much to change: only the advice ---------------------------------------------

// Registered twice.
static void on_error(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  use((PyObject *)user);
  PyGILState_Release(state);
}
// CHECK-MESSAGES: :[[@LINE-3]]:7: warning: callback 'on_error' takes its data 'user' for a Python object
// CHECK-NOTES: :[[@LINE-5]]:28: note: the thread is attached here
// CHECK-NOTES: :[[@LINE+4]]:3: note: the callback is registered here with the object
// CHECK-NOTES: :[[@LINE-6]]:7: note: give it a struct

static PyObject *obj_errors(PyObject *self, PyObject *other) {
  lib_on_error(on_error, self);
  lib_on_error(on_error, other);
  Py_RETURN_NONE;
}

// A reference would be left behind when the view cannot be had.
static void on_close(void *user) {
  PyGILState_STATE state = PyGILState_Ensure();
  use((PyObject *)user);
  PyGILState_Release(state);
}
// CHECK-MESSAGES: :[[@LINE-3]]:7: warning: callback 'on_close' takes its data 'user' for a Python object
// CHECK-NOTES: :[[@LINE-5]]:28: note: the thread is attached here
// CHECK-NOTES: :[[@LINE+7]]:3: note: the callback is registered here with the object
// CHECK-NOTES: :[[@LINE-6]]:7: note: give it a struct

static PyObject *obj_closes(PyObject *self, PyObject *ignored) {
  PyObject *name = PyUnicode_FromString("close");
  if (name == NULL)
    return NULL;
  lib_on_close(on_close, self);
  return name;
}

PyMethodDef methods[] = {{"listen", obj_listen, METH_NOARGS, NULL},
                         {"errors", obj_errors, METH_O, NULL},
                         {"closes", obj_closes, METH_NOARGS, NULL},
                         {NULL, NULL, 0, NULL}};
