/* What a deallocator cannot do without. */
#include <Python.h>

static PyObject *nothing;
static void *spare[4];
static int spares;
static int (*library)(void *);
static long fine;

typedef struct {
    PyObject_HEAD
    PyObject *item;
    void *memory;
} Thing;

static void
give_back(void *memory)
{
    if (library != NULL)
        library(memory);
}

static void
thing_dealloc(Thing *self)
{
    if (self->item != nothing)
        Py_DECREF(self->item);
    if (spares < 4)
        spare[spares++] = self->memory;
    else
        give_back(self->memory);
    fine--;
    PyObject_Free(self);
}

static PyObject *
thing_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Thing *self = (Thing *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->item = nothing;
    self->memory = spares > 0 ? spare[--spares] : NULL;
    fine++;
    return (PyObject *)self;
}

static PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "dying_kept.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = thing_new,
    .tp_dealloc = (destructor)thing_dealloc,
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "dying_kept", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_dying_kept(void)
{
    PyObject *m;
    if (PyType_Ready(&Thing_Type) < 0)
        return NULL;
    nothing = PyUnicode_FromString("nothing");
    if (nothing == NULL)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    Py_INCREF(&Thing_Type);
    if (PyModule_AddObject(m, "Thing", (PyObject *)&Thing_Type) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
