// Containers in plain structs and arrays: whose struct it is decides.
// RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t -no-fix

#include <Python.h>
#include <string.h>

PyObject *make_value(void);

/// Neither an object nor module state.
typedef struct {
  PyObject *list, *dict;
  PyObject *stack[4];
  int top;
} Ctx;

typedef struct {
  PyObject_HEAD
  Ctx *ctx;
  Ctx inner;
  PyObject *slots[4];
  PyObject **items;
  PyObject *interned; ///< Nothing is ever taken out.
  PyObject *extra;    ///< A dict or a tuple.
} Obj;

//===--- Local structs and arrays -------------------------------------------===//

static PyObject *local_struct(PyObject *m, PyObject *arg) {
  Ctx ctx = {0};
  ctx.list = arg;
  PyObject *x = PyList_GetItem(ctx.list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyList_GetItem' on 'ctx.list' is
  Py_XINCREF(x);
  return x;
}

static PyObject *first_of(Ctx *ctx) {
  PyObject *x = PyList_GetItem(ctx->list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyList_GetItem' on 'ctx->list' is
  Py_XINCREF(x);
  return x;
}

static PyObject *struct_of_caller(PyObject *m, PyObject *arg) {
  Ctx ctx;
  memset(&ctx, 0, sizeof ctx);
  ctx.list = arg;
  return first_of(&ctx);
}

static PyObject *first_of_new(Ctx *ctx) {
  PyObject *x = PyList_GetItem(ctx->list, 0);
  Py_XINCREF(x);
  return x;
}

static PyObject *deeper(Ctx *ctx) { return first_of_new(ctx); }

static PyObject *new_in_struct_of_caller(PyObject *m, PyObject *arg) {
  Ctx ctx = {0};
  ctx.list = PySequence_List(arg);
  if (!ctx.list)
    return NULL;
  PyObject *x = deeper(&ctx);
  Py_DECREF(ctx.list);
  return x;
}

static PyObject *on_the_heap(PyObject *m, PyObject *arg) {
  Ctx *ctx = PyMem_Calloc(1, sizeof(Ctx));
  ctx->list = PyList_New(0);
  PyList_Append(ctx->list, arg);
  PyObject *x = first_of_new(ctx);
  Py_XDECREF(ctx->list);
  PyMem_Free(ctx);
  return x;
}

static PyObject *local_array(PyObject *m, PyObject *args) {
  PyObject *stack[2], *made[2];
  stack[0] = PyTuple_GET_ITEM(args, 0);
  PyObject *v = PyList_GetItem(stack[0], 1);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyList_GetItem' on 'stack[0]' is
  Py_XINCREF(v);
  made[0] = PyDict_New();
  PyDict_SetItem(made[0], Py_None, Py_None);
  Py_XINCREF(PyDict_GetItem(made[0], Py_None));
  return v;
}

static PyObject *of_arguments(PyObject *const *args) {
  PyObject *v = PyDict_GetItem(args[0], args[1]);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'args[0]' is
  return Py_XNewRef(v);
}

static PyObject *fastcall(PyObject *m, PyObject *const *args, Py_ssize_t n) {
  return of_arguments(args);
}

static PyObject *of_pair(PyObject **pair) {
  PyObject *v = PyDict_GetItem(pair[0], pair[1]);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'pair[0]' is
  return Py_XNewRef(v);
}

static PyObject *array_of_caller(PyObject *m, PyObject *dict) {
  PyObject *pair[2] = {dict, Py_None};
  return of_pair(pair);
}

static void fill_in(Ctx *ctx, PyObject *arg) {
  ctx->dict = arg;
  ctx->list = NULL;
}

static PyObject *filled_in(PyObject *m, PyObject *arg) {
  Ctx ctx;
  fill_in(&ctx, arg);
  PyObject *v = PyDict_GetItem(ctx.dict, Py_None);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'ctx.dict' is
  return Py_XNewRef(v);
}

static PyObject *in_capsule(PyObject *m, PyObject *capsule) {
  Ctx *ctx = PyCapsule_GetPointer(capsule, "ctx");
  PyObject *v = ctx ? PyList_GetItem(ctx->stack[3], 0) : NULL;
  // CHECK-MESSAGES: :[[@LINE-1]]:23: warning: borrowed reference from 'PyList_GetItem' on 'ctx->stack[3]' is
  return Py_XNewRef(v);
}

static PyObject *change_in_capsule(PyObject *m, PyObject *capsule) {
  Ctx *ctx = PyCapsule_GetPointer(capsule, "ctx");
  return ctx ? PyLong_FromLong(PyList_SetSlice(ctx->stack[3], 0, 1, NULL)) : NULL;
}

//===--- What hangs off an object -------------------------------------------===//

static PyObject *through_pointer(Obj *self, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(self->ctx->dict, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on 'self->ctx->dict' is
  return Py_XNewRef(v);
}

static PyObject *changed_through_pointer(Obj *self, PyObject *key) {
  Ctx *ctx = self->ctx;
  return PyLong_FromLong(PyDict_SetItem(ctx->dict, key, key));
}

static PyObject *member(Obj *self, PyObject *key) {
  PyObject *v = PyList_GetItem(self->inner.list, 0);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyList_GetItem' on 'self->inner.list' is
  return Py_XNewRef(v);
}

static PyObject *changed_member(Obj *self, PyObject *key) {
  return PyLong_FromLong(PyList_Append(self->inner.list, key));
}

static PyObject *element(Obj *self, PyObject *key) {
  PyObject *v = PyDict_GetItemWithError(self->slots[1], key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on 'self->slots[1]' is
  return Py_XNewRef(v);
}

static PyObject *through_address(Obj *self, PyObject *key) {
  PyObject **slot = &self->ctx->dict;
  PyObject *v = PyDict_GetItemWithError(*slot, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItemWithError' on '*slot' is
  return Py_XNewRef(v);
}

static PyObject *another_element(Obj *self, PyObject *key) {
  return Py_XNewRef(PyDict_GetItemWithError(self->slots[2], key));
}

static PyObject *changed_element(Obj *self, PyObject *key) {
  return PyLong_FromLong(PyDict_SetItem(self->slots[1], key, key));
}

static PyObject *unchanged_element(Obj *self, PyObject *key) {
  return Py_XNewRef(PyDict_GetItemWithError(self->items[0], key));
}

static void free_items(Obj *self) { PyMem_Free(self->items); }

//===--- Who changes it without dropping anything ----------------------------===//

static PyObject *get_interned(Obj *self, PyObject *key) {
  PyObject *v = PyDict_GetItem(self->interned, key);
  if (!v)
    v = PyDict_SetDefault(self->interned, key, key);
  return Py_XNewRef(v);
}

static PyObject *kind_of(Obj *self, PyObject *key) {
  PyObject *v = PyDict_GetItem(self->extra, key);
  return Py_XNewRef(v);
}

static Obj *make(PyTypeObject *type) {
  Obj *self = (Obj *)type->tp_alloc(type, 0);
  if (self)
    self->slots[0] = NULL;
  return self;
}

static Obj *make_and_prepare(PyTypeObject *type, int n) {
  Obj *self = make(type);
  if (!self)
    return NULL;
  self->extra = PyTuple_New(n);
  return self;
}

static PyObject *with_tuple(PyObject *m, PyObject *type) {
  Obj *self = make_and_prepare((PyTypeObject *)type, 1);
  if (!self)
    return NULL;
  PyTuple_SET_ITEM(self->extra, 0, Py_NewRef(type));
  return (PyObject *)self;
}

/// What is cast to an object of the extension is no dict.
int visit(Obj *op);

static PyObject *with_object(PyObject *m, PyObject *type) {
  Obj *self = make_and_prepare((PyTypeObject *)type, 0), *other;
  if (!self)
    return NULL;
  other = (Obj *)Py_NewRef(type);
  self->extra = (PyObject *)other;
  other = (Obj *)self->extra;
  if (visit(other) < 0 || visit((Obj *)((Obj *)type)->extra) < 0)
    return NULL;
  return (PyObject *)self;
}

static PyObject *with_dict(PyObject *m, PyObject *type) {
  Obj *self = make_and_prepare((PyTypeObject *)type, 0);
  if (!self)
    return NULL;
  self->extra = PyDict_New();
  PyDict_SetItem(self->extra, type, type);
  return (PyObject *)self;
}

//===--- Globals -------------------------------------------------------------===//

static PyObject *table[2];
static Ctx global;
static Ctx *behind_pointer;
static const char *names[2];

static PyObject *in_array(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItem(table[0], key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'table[0]' is
  if (v)
    return Py_NewRef(v);
  PyDict_SetItem(table[0], key, Py_None);
  return PyUnicode_FromString(names[0]);
}

static PyObject *in_struct(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItem(global.dict, key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'global.dict' is
  if (v)
    return Py_NewRef(v);
  PyDict_SetItem(global.dict, key, Py_None);
  return NULL;
}

static PyObject *in_struct_behind_pointer(PyObject *m, PyObject *key) {
  PyObject *v = PyDict_GetItem(behind_pointer->stack[0], key);
  // CHECK-MESSAGES: :[[@LINE-1]]:17: warning: borrowed reference from 'PyDict_GetItem' on 'behind_pointer->stack[0]' is
  if (v)
    return Py_NewRef(v);
  PyDict_SetItem(behind_pointer->stack[0], key, Py_None);
  return NULL;
}

/// Printing a container gives it to nobody.
static PyObject *only_read;

static PyObject *lookup_unchanged(PyObject *m, PyObject *key) {
  return Py_XNewRef(PyDict_GetItem(only_read, key));
}

static PyObject *print_unchanged(PyObject *m, PyObject *other) {
  if (PyObject_RichCompareBool(only_read, other, Py_EQ))
    return PyObject_Str(only_read);
  return PyObject_Repr(only_read);
}

//===--- The module ----------------------------------------------------------===//

#define METHOD(Name, Flags) {#Name, (PyCFunction)(void (*)(void))Name, Flags, NULL}

static PyMethodDef obj_methods[] = {METHOD(through_pointer, METH_O),
                                    METHOD(changed_through_pointer, METH_O),
                                    METHOD(member, METH_O),
                                    METHOD(changed_member, METH_O),
                                    METHOD(element, METH_O),
                                    METHOD(another_element, METH_O),
                                    METHOD(through_address, METH_O),
                                    METHOD(get_interned, METH_O),
                                    METHOD(kind_of, METH_O),
                                    METHOD(changed_element, METH_O),
                                    METHOD(unchanged_element, METH_O),
                                    {0}};

static void obj_dealloc(Obj *self) {
  PyTypeObject *type = Py_TYPE(self);
  free_items(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot obj_slots[] = {
    {Py_tp_methods, obj_methods}, {Py_tp_dealloc, obj_dealloc}, {0}};
static PyType_Spec obj_spec = {"mod.Obj", sizeof(Obj), 0, Py_TPFLAGS_DEFAULT,
                               obj_slots};

static PyMethodDef methods[] = {METHOD(local_struct, METH_O),
                                METHOD(struct_of_caller, METH_O),
                                METHOD(new_in_struct_of_caller, METH_O),
                                METHOD(on_the_heap, METH_O),
                                METHOD(local_array, METH_VARARGS),
                                METHOD(fastcall, METH_FASTCALL),
                                METHOD(array_of_caller, METH_O),
                                METHOD(filled_in, METH_O),
                                METHOD(in_capsule, METH_O),
                                METHOD(change_in_capsule, METH_O),
                                METHOD(with_tuple, METH_O),
                                METHOD(with_dict, METH_O),
                                METHOD(with_object, METH_O),
                                METHOD(in_array, METH_O),
                                METHOD(in_struct, METH_O),
                                METHOD(in_struct_behind_pointer, METH_O),
                                METHOD(lookup_unchanged, METH_O),
                                METHOD(print_unchanged, METH_O),
                                {0}};

static int mod_exec(PyObject *m) {
  table[0] = PyDict_New();
  only_read = PyDict_New();
  global.dict = PyDict_New();
  behind_pointer = PyMem_Calloc(1, sizeof(Ctx));
  behind_pointer->stack[0] = PyDict_New();
  PyObject *type = PyType_FromModuleAndSpec(m, &obj_spec, NULL);
  return PyModule_AddObjectRef(m, "Obj", type);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, mod_exec}, {0}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "mod", NULL, 0, methods, slots};

PyMODINIT_FUNC PyInit_mod(void) { return PyModuleDef_Init(&def); }
