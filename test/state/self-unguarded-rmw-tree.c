// What an object owns before it is complete, told by a test of its type.
// RUN: %check_tidy %s cpython-state-self-unguarded-rmw %t -python=3.13

#include <Python.h>

// A tree is complete before the object that owns it is, and freed with it.
typedef struct node {
  struct node *child[2];
  PyObject *symbol;
} node;
typedef struct {
  PyObject_HEAD
  node *tree;
} Tree;

static node *node_new(void) {
  return (node *)PyMem_Calloc(1, sizeof(node));
}
static void node_delete(node *nd) {
  if (nd == NULL)
    return;
  node_delete(nd->child[0]);
  node_delete(nd->child[1]);
  Py_XDECREF(nd->symbol);
  PyMem_Free(nd);
}
static node *tree_build(PyObject *codes) {
  node *tree = node_new();
  if (tree && !PyDict_Check(codes)) {
    node_delete(tree);
    return NULL;
  }
  return tree;
}
static PyObject *tree_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyObject *codes;
  if (!PyArg_ParseTuple(args, "O", &codes))
    return NULL;
  node *tree = tree_build(codes);
  if (!tree)
    return NULL;
  Tree *self = (Tree *)type->tp_alloc(type, 0);
  if (!self) {
    node_delete(tree);
    return NULL;
  }
  self->tree = tree;
  return (PyObject *)self;
}
static void tree_dealloc(Tree *self) {
  node_delete(self->tree);
  Py_TYPE(self)->tp_free(self);
}
// Makes a tree of its own for codes, or uses that of a Tree.
typedef struct {
  PyObject_HEAD
  node *tree;
  PyObject *owner;
} Iter;
extern PyTypeObject Iter_Type, Tree_Type;
static PyObject *decode(PyObject *self, PyObject *arg) {
  node *tree;
  if (Py_IS_TYPE(arg, &Tree_Type))
    tree = ((Tree *)arg)->tree;
  else
    tree = tree_build(arg);
  if (!tree)
    return NULL;
  Iter *it = PyObject_New(Iter, &Iter_Type);
  if (!it) {
    if (!Py_IS_TYPE(arg, &Tree_Type))
      node_delete(tree);
    return NULL;
  }
  it->tree = tree;
  it->owner = Py_IS_TYPE(arg, &Tree_Type) ? Py_NewRef(arg) : NULL;
  return (PyObject *)it;
}
static int count(node *nd) { return nd ? 1 + count(nd->child[0]) + count(nd->child[1]) : 0; }
static PyObject *tree_count(Tree *self, PyObject *ignored) { return PyLong_FromLong(count(self->tree)); }
static void iter_dealloc(Iter *it) {
  if (it->owner)
    Py_DECREF(it->owner);
  else
    node_delete(it->tree);
  PyObject_Free(it);
}
static PyMethodDef tree_methods[] = {{"count", (PyCFunction)tree_count, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
PyTypeObject Tree_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Tree",
    .tp_basicsize = sizeof(Tree),
    .tp_methods = tree_methods,
    .tp_new = tree_new,
    .tp_dealloc = (destructor)tree_dealloc,
};
PyTypeObject Iter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Iter",
    .tp_basicsize = sizeof(Iter),
    .tp_dealloc = (destructor)iter_dealloc,
};
static PyMethodDef methods[] = {{"decode", decode, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_demo(void) { return PyModuleDef_Init(&module); }
