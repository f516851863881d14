// Objects that are new, by way of a list of dead ones or of a struct.
// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13

#include <Python.h>

typedef struct {
  PyObject_HEAD
  int count, kind, size, mark, age, kin, depth;
} Obj;
extern PyTypeObject Obj_Type;

// Taken from a list of dead ones, which nobody else has.
static Obj *dead[8];
static int dead_count;
static void obj_dealloc(Obj *self) {
  if (dead_count < 8)
    dead[dead_count++] = self;
  else
    PyObject_Free(self);
}
static PyObject *obj_copy(Obj *self, PyObject *unused) {
  Obj *copy = NULL;
  if (dead_count)
    copy = dead[--dead_count];
  else
    copy = PyObject_New(Obj, &Obj_Type);
  if (!copy)
    return NULL;
  copy->kind = 1;
  return (PyObject *)copy;
}
static PyObject *obj_kind(Obj *self, PyObject *unused) { return PyLong_FromLong(self->kind); }

// New, and passed on in a struct of arguments.
typedef struct {
  PyObject *source;
  Obj *made;
} Build;
static void add(Build *build) { build->made->count++; }
static void add_twice(Build *build) {
  add(build);
  add(build);
}
static PyObject *obj_build(PyObject *self, PyObject *source) {
  Build build = {source};
  build.made = PyObject_New(Obj, &Obj_Type);
  if (!build.made)
    return NULL;
  build.made->count = 0;
  add_twice(&build);
  return (PyObject *)build.made;
}
static PyObject *obj_count(Obj *self, PyObject *unused) { return PyLong_FromLong(self->count); }

// A constructor with a list of dead ones in the module state.
typedef struct {
  Obj *dead[4];
  int count;
} State;
State *get_state(void);
static Obj *obj_alloc(State *state) {
  if (state->count)
    return state->dead[--state->count];
  return PyObject_New(Obj, &Obj_Type);
}
static PyObject *obj_fork(Obj *self, PyObject *unused) {
  Obj *fork = obj_alloc(get_state());
  if (!fork)
    return NULL;
  fork->age = 0;
  return (PyObject *)fork;
}
static PyObject *obj_age(Obj *self, PyObject *unused) { return PyLong_FromLong(self->age); }

// Not always new: whoever calls may have put there what others know.
static void grow(Build *build) {
  build->made->size++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'grow' changes 'size' of 'Obj' without a lock while 'obj_size' can be reading it [cpython-state-self-unguarded-rmw]
}
static PyObject *obj_grow(Obj *self, PyObject *source) {
  Build build = {source, self};
  grow(&build);
  Py_RETURN_NONE;
}
static PyObject *obj_grown(Obj *self, PyObject *source) {
  Build build = {source, PyObject_New(Obj, &Obj_Type)};
  if (!build.made)
    return NULL;
  grow(&build);
  return (PyObject *)build.made;
}
static PyObject *obj_size(Obj *self, PyObject *unused) { return PyLong_FromLong(self->size); }

// Nor is what a local struct takes from a parameter.
static PyObject *obj_mark(Obj *self, PyObject *unused) {
  Build build = {NULL, self};
  build.made->mark++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'obj_mark' changes 'mark' of 'Obj' without a lock while another thread in the same function can be changing it
  Py_RETURN_NONE;
}

static PyMethodDef obj_methods[] = {{"copy", (PyCFunction)obj_copy, METH_NOARGS, NULL},
                                    {"kind", (PyCFunction)obj_kind, METH_NOARGS, NULL},
                                    {"build", obj_build, METH_O | METH_STATIC, NULL},
                                    {"count", (PyCFunction)obj_count, METH_NOARGS, NULL},
                                    {"fork", (PyCFunction)obj_fork, METH_NOARGS, NULL},
                                    {"age", (PyCFunction)obj_age, METH_NOARGS, NULL},
                                    {"grow", (PyCFunction)obj_grow, METH_O, NULL},
                                    {"grown", (PyCFunction)obj_grown, METH_O, NULL},
                                    {"size", (PyCFunction)obj_size, METH_NOARGS, NULL},
                                    {"mark", (PyCFunction)obj_mark, METH_NOARGS, NULL},
                                    {NULL, NULL, 0, NULL}};
PyTypeObject Obj_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Obj",
    .tp_basicsize = sizeof(Obj),
    .tp_dealloc = (destructor)obj_dealloc,
    .tp_methods = obj_methods,
};

// New, given by parameter, then copied from struct to struct on the way down.
typedef struct {
  Obj *pattern;
  int depth;
} Args;
static int build_sequence(Args *args);
static int build_group(Args *args) {
  Args subargs;
  subargs = *args;
  subargs.depth++;
  return subargs.depth > 9 ? 0 : build_sequence(&subargs);
}
static int build_sequence(Args *args) {
  args->pattern->depth++;
  return build_group(args);
}
static int compile(Obj *pattern) {
  Args args;
  args.pattern = pattern;
  args.depth = 0;
  return build_sequence(&args);
}
static PyObject *obj_compile(PyObject *self, PyObject *source) {
  Obj *pattern = PyObject_New(Obj, &Obj_Type);
  if (pattern)
    compile(pattern);
  return (PyObject *)pattern;
}
static PyObject *obj_depth(Obj *self, PyObject *unused) { return PyLong_FromLong(self->depth); }

// The same, but one caller gives an object that others know.
typedef struct {
  Obj *known;
} Shared;
static void touch(Shared *shared) {
  Shared copy = *shared;
  copy.known->kin++;
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'touch' changes 'kin' of 'Obj' without a lock while another thread in the same function can be changing it [cpython-state-self-unguarded-rmw]
}
static void touch_one(Obj *obj) {
  Shared shared = {obj};
  touch(&shared);
}
static PyObject *obj_touch(Obj *self, PyObject *unused) {
  Obj *fresh = PyObject_New(Obj, &Obj_Type);
  if (fresh)
    touch_one(fresh);
  touch_one(self);
  return (PyObject *)fresh;
}
static PyMethodDef more_methods[] = {{"compile", obj_compile, METH_O, NULL},
                                     {"depth", (PyCFunction)obj_depth, METH_NOARGS, NULL},
                                     {"touch", (PyCFunction)obj_touch, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
PyTypeObject More_Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.More",
                          .tp_basicsize = sizeof(Obj),
                          .tp_methods = more_methods};
