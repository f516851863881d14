/* Types that a helper of the import makes: it is given the module, and so are they. */
#include <Python.h>

static PyObject *HelpedError;
static PyTypeObject *Box_Type, *Bag_Type;
static long opened;

typedef struct {
    PyObject_HEAD
    PyObject *value;
} Box;

static PyObject *
box_open(Box *self, PyObject *unused)
{
    if (self->value == NULL) {
        PyErr_SetString(HelpedError, "empty");
        return NULL;
    }
    opened++;
    Py_INCREF(self->value);
    return self->value;
}

static PyObject *
box_fill(Box *self, PyObject *value)
{
    PyObject *old = self->value;
    if (Py_TYPE(value) == Box_Type) {
        PyErr_SetString(HelpedError, "a box");
        return NULL;
    }
    Py_INCREF(value);
    self->value = value;
    Py_XDECREF(old);
    Py_RETURN_NONE;
}

static int
box_traverse(Box *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->value);
    return 0;
}

static void
box_dealloc(Box *self)
{
    PyTypeObject *tp = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->value);
    tp->tp_free((PyObject *)self);
    Py_DECREF(tp);
}

static PyMethodDef box_methods[] = {
    {"open", (PyCFunction)box_open, METH_NOARGS, NULL},
    {"fill", (PyCFunction)box_fill, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot box_slots[] = {
    {Py_tp_methods, box_methods}, {Py_tp_traverse, box_traverse}, {Py_tp_dealloc, box_dealloc}, {Py_tp_new, PyType_GenericNew}, {0, NULL}};

static PyType_Spec box_spec = {"helped.Box", sizeof(Box), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, box_slots};
static PyType_Spec bag_spec = {"helped.Bag", sizeof(Box), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, box_slots};

static PyObject *
helped_opened(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(opened);
}

static PyMethodDef methods[] = {{"opened", helped_opened, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "helped", NULL, -1, methods, NULL, NULL, NULL, NULL};

static int
add_type(const char *name, PyObject *module, PyType_Spec *spec, PyTypeObject **to)
{
    PyObject *made = PyType_FromSpec(spec);
    if (made == NULL || PyModule_AddObject(module, name, made) < 0) {
        Py_XDECREF(made);
        return -1;
    }
    Py_INCREF(made);
    *to = (PyTypeObject *)made;
    return 0;
}

PyMODINIT_FUNC
PyInit_helped(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    HelpedError = PyErr_NewException("helped.HelpedError", NULL, NULL);
    Py_XINCREF(HelpedError);
    if (PyModule_AddObject(m, "HelpedError", HelpedError) < 0 || add_type("Box", m, &box_spec, &Box_Type) < 0 ||
        add_type("Bag", m, &bag_spec, &Bag_Type) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
