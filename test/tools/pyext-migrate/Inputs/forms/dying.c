/* What deallocators use: free lists, counters; and a variable that holds other modules before the one that is made. */
#include <Python.h>

#define MAX_KEPT 4

typedef struct Node {
    int count;
    struct Node *next;
    PyObject *items[2];
} Node;

typedef struct {
    int size;
    Node *nodes[MAX_KEPT];
} Kept;

static Kept kept;
static Node *chain = NULL;
static int chained = 0;
static long live, cleared;
static PyObject *sequence_abc;

#define NEXT_CLEARED() (++cleared)

typedef struct {
    PyObject_HEAD
    Node *node;
    Node *other;
    PyObject *item;
    long version;
} Tree;

static Node *
new_node(void)
{
    if (kept.size > 0) {
        kept.size--;
        return kept.nodes[kept.size];
    }
    return PyMem_Calloc(1, sizeof(Node));
}

static void
free_node(Node *node)
{
    if (kept.size < MAX_KEPT) {
        kept.nodes[kept.size] = node;
        kept.size++;
    }
    else {
        PyMem_Free(node);
    }
}

static Node *
new_link(void)
{
    Node *link = chain;
    if (link != NULL) {
        chain = link->next;
        chained--;
        return link;
    }
    return PyMem_Calloc(1, sizeof(Node));
}

static void
free_link(Node *link)
{
    if (chained < MAX_KEPT) {
        link->next = chain;
        chain = link;
        chained++;
        return;
    }
    PyMem_Free(link);
}

static PyObject *
tree_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Tree *self = (Tree *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->node = new_node();
    self->other = new_link();
    if (self->node == NULL || self->other == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    live++;
    return (PyObject *)self;
}

static int
tree_traverse(Tree *self, visitproc visit, void *arg)
{
    Py_VISIT(self->item);
    return 0;
}

static void
tree_reset(Tree *self)
{
    Py_CLEAR(self->item);
    self->version = NEXT_CLEARED();
}

static int
tree_clear(Tree *self)
{
    tree_reset(self);
    return 0;
}

static void
tree_dealloc(Tree *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->item);
    if (self->node != NULL)
        free_node(self->node);
    if (self->other != NULL)
        free_link(self->other);
    live--;
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int
tree_set(Tree *self, PyObject *value, void *closure)
{
    Py_XINCREF(value);
    Py_XSETREF(self->item, value);
    return 0;
}

static PyGetSetDef tree_getset[] = {
    {"item", NULL, (setter)tree_set, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}
};

static PyTypeObject Tree_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "dying.Tree",
    .tp_basicsize = sizeof(Tree),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = tree_new,
    .tp_dealloc = (destructor)tree_dealloc,
    .tp_traverse = (traverseproc)tree_traverse,
    .tp_clear = (inquiry)tree_clear,
    .tp_getset = tree_getset,
};

static PyObject *
counts(PyObject *self, PyObject *ignored)
{
    return Py_BuildValue("lliiO", live, cleared, kept.size, chained, sequence_abc);
}

static PyMethodDef methods[] = {
    {"counts", counts, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "dying", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_dying(void)
{
    PyObject *m = PyImport_ImportModule("collections.abc");
    if (m == NULL)
        return NULL;
    sequence_abc = PyObject_GetAttrString(m, "Sequence");
    Py_CLEAR(m);
    if (sequence_abc == NULL || PyType_Ready(&Tree_Type) < 0)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    Py_INCREF(&Tree_Type);
    if (PyModule_AddObject(m, "Tree", (PyObject *)&Tree_Type) < 0)
        return NULL;
    return m;
}
