/* An extension as they were written before modules had a state of their own. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "structmember.h"

static PyObject *ShapesError;  /* raised for bad coordinates */
static PyObject *str_scale;
static long made = 0;          /* points made so far */
static const long limit = 1000;

typedef struct {
    PyObject_HEAD
    long x, y;
    PyObject *tag;
    PyObject *dict;
    PyObject *weakrefs;
} Point;

static PyTypeObject Point_Type;
#define Point_Check(op) PyObject_TypeCheck((op), &Point_Type)

static int
check(long value)
{
    if (value > limit || value < -limit) {
        PyErr_Format(ShapesError, "out of range: %ld", value);
        return -1;
    }
    return 0;
}

static PyObject *
point_make(long x, long y)
{
    Point *p;
    if (check(x) < 0 || check(y) < 0)
        return NULL;
    p = PyObject_New(Point, &Point_Type);
    if (p == NULL)
        return NULL;
    p->x = x;
    p->y = y;
    p->tag = NULL;
    p->dict = NULL;
    p->weakrefs = NULL;
    made++;
    return (PyObject *)p;
}

static int
point_init(Point *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"x", "y", "tag", NULL};
    PyObject *tag = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ll|O", names, &self->x, &self->y, &tag))
        return -1;
    if (check(self->x) < 0)
        return -1;
    Py_XINCREF(tag);
    Py_XSETREF(self->tag, tag);
    made++;
    return 0;
}

static void
point_dealloc(Point *self)
{
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs((PyObject *)self);
    Py_CLEAR(self->tag);
    Py_CLEAR(self->dict);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
point_add(PyObject *a, PyObject *b)
{
    if (Point_Check(a) && Point_Check(b))
        return point_make(((Point *)a)->x + ((Point *)b)->x, ((Point *)a)->y + ((Point *)b)->y);
    if (PyLong_Check(a))
        return point_make(PyLong_AsLong(a) + ((Point *)b)->x, ((Point *)b)->y);
    Py_RETURN_NOTIMPLEMENTED;
}

static PyNumberMethods point_as_number = {
    .nb_add = point_add,
};

static PyObject *
point_scaled(Point *self, PyObject *arg)
{
    long k = PyLong_AsLong(arg);
    if (k == -1 && PyErr_Occurred())
        return NULL;
    return point_make(self->x * k, self->y * k);
}

static PyObject *
point_get_exact(Point *self, void *closure)
{
    static PyObject *decimal;
    (void)closure;
    if (decimal == NULL) {
        PyObject *m = PyImport_ImportModule("decimal");
        if (m == NULL)
            return NULL;
        decimal = PyObject_GetAttrString(m, "Decimal");
        Py_DECREF(m);
        if (decimal == NULL)
            return NULL;
    }
    return PyObject_CallFunction(decimal, "l", self->x);
}

static PyMethodDef point_methods[] = {
    {"scaled", (PyCFunction)point_scaled, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};
static PyGetSetDef point_getset[] = {
    {"exact", (getter)point_get_exact, NULL, NULL, NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}
};
static PyMemberDef point_members[] = {
    {"x", T_LONG, offsetof(Point, x), READONLY, NULL},
    {"tag", T_OBJECT, offsetof(Point, tag), 0, NULL},
    {NULL, 0, 0, 0, NULL}
};

static PyTypeObject Point_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "shapes.Point",
    .tp_basicsize = sizeof(Point),
    .tp_dealloc = (destructor)point_dealloc,
    .tp_as_number = &point_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "Point(x, y, tag=None)",
    .tp_weaklistoffset = offsetof(Point, weakrefs),
    .tp_methods = point_methods,
    .tp_members = point_members,
    .tp_getset = point_getset,
    .tp_dictoffset = offsetof(Point, dict),
    .tp_init = (initproc)point_init,
};

/* A subclass. */
typedef struct {
    Point base;
    long z;
} Point3;

static int
point3_init(Point3 *self, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "lll", &self->base.x, &self->base.y, &self->z))
        return -1;
    return check(self->z);
}

static PyTypeObject Point3_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "shapes.Point3",
    .tp_basicsize = sizeof(Point3),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_init = (initproc)point3_init,
};

/* Not made by Python code. */
typedef struct {
    PyObject_HEAD
    PyObject *seq;
    Py_ssize_t i;
} Walk;

static void walk_dealloc(Walk *self) { Py_XDECREF(self->seq); PyObject_Del(self); }

static PyObject *
walk_next(Walk *self)
{
    PyObject *item;
    if (self->i >= PyTuple_GET_SIZE(self->seq))
        return NULL;
    item = PyTuple_GET_ITEM(self->seq, self->i++);
    Py_INCREF(item);
    return item;
}

static PyTypeObject Walk_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    "shapes.Walk",                /* tp_name */
    sizeof(Walk),                 /* tp_basicsize */
    0,                            /* tp_itemsize */
    (destructor)walk_dealloc,     /* tp_dealloc */
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)walk_next,
};

static PyObject *
shapes_walk(PyObject *module, PyObject *arg)
{
    Walk *w = PyObject_New(Walk, &Walk_Type);
    (void)module;
    if (w == NULL)
        return NULL;
    w->i = 0;
    w->seq = PySequence_Tuple(arg);
    if (w->seq == NULL) {
        Py_DECREF(w);
        return NULL;
    }
    return (PyObject *)w;
}

static PyObject *
shapes_midpoint(PyObject *Py_UNUSED(module), PyObject *args)
{
    Point *a, *b;
    if (!PyArg_ParseTuple(args, "O!O!", &Point_Type, &a, &Point_Type, &b))
        return NULL;
    return point_make((a->x + b->x) / 2, (a->y + b->y) / 2);
}

static PyObject *
shapes_scale_of(PyObject *module, PyObject *arg) { (void)module; return PyObject_GetAttr(arg, str_scale); }

static PyObject *
shapes_made(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromLong(made);
}

static PyMethodDef shapes_methods[] = {
    {"walk", shapes_walk, METH_O, NULL},
    {"midpoint", shapes_midpoint, METH_VARARGS, NULL},
    {"scale_of", shapes_scale_of, METH_O, NULL},
    {"made", shapes_made, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef shapes_module = {
    PyModuleDef_HEAD_INIT,
    "shapes",
    "Points and what is done with them.",
    -1,
    shapes_methods, NULL, NULL, NULL, NULL
};

PyMODINIT_FUNC
PyInit_shapes(void)
{
    PyObject *m;

    Point_Type.tp_new = PyType_GenericNew;
    Point3_Type.tp_base = &Point_Type;
    if (PyType_Ready(&Point_Type) < 0 || PyType_Ready(&Point3_Type) < 0)
        return NULL;
    if (PyType_Ready(&Walk_Type) < 0)
        return NULL;

    m = PyModule_Create(&shapes_module);
    if (m == NULL)
        return NULL;
#ifdef Py_GIL_DISABLED
    PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
    ShapesError = PyErr_NewException("shapes.Error", PyExc_ValueError, NULL);
    if (ShapesError == NULL)
        goto error;
    Py_INCREF(ShapesError);
    if (PyModule_AddObject(m, "Error", ShapesError) < 0) {
        Py_DECREF(ShapesError);
        goto error;
    }
    str_scale = PyUnicode_InternFromString("scale");
    if (str_scale == NULL)
        goto error;
    Py_INCREF(&Point_Type);
    PyModule_AddObject(m, "Point", (PyObject *)&Point_Type);
    PyModule_AddObject(m, "Point3", (PyObject *)&Point3_Type);
    return m;

error:
    Py_DECREF(m);
    return NULL;
}
