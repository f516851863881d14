/* A type that calls slots of its base, attributes of a type, an error label in PyInit_, a value to begin with. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "structmember.h"
#include <stdlib.h>
#include <string.h>

#if PY_MAJOR_VERSION >= 3
#define PyInt_FromLong PyLong_FromLong
#endif

/* ---- types ---- */
typedef struct {
    PyObject_HEAD
    double x, y;
    PyObject *tag;          /* any object or NULL */
    PyObject *weakrefs;
} PointObject;

typedef struct {
    PointObject base;
    long depth;
    PyObject *dict;
} Point3Object;

typedef struct {
    PyObject_HEAD
    PointObject *lo;        /* owned */
    PointObject *hi;        /* owned */
    PointObject *last;      /* borrowed: one of the two */
} BoxObject;

static PyTypeObject Point_Type;
static PyTypeObject Point3_Type;
static PyTypeObject Box_Type;

#define Point_Check(op) PyObject_TypeCheck(op, &Point_Type)
#define Point_CheckExact(op) (Py_TYPE(op) == &Point_Type)
#define Box_Check(op) \
    (Py_TYPE(op) == &Box_Type || \
     PyType_IsSubtype(Py_TYPE(op), &Box_Type))

static PyObject *GeoError, *EmptyError = NULL;
static PyObject *origin;    /* Point(0, 0) */
static int n_points = 0;
static double epsilon = 1e-9;

#define RAISE(fmt, arg) do { \
        PyErr_Format(GeoError, fmt, arg); \
        goto error; \
    } while (0)

static PyObject *
Point_FromXY(double x, double y)
{
    PointObject *p = PyObject_GC_New(PointObject, &Point_Type);
    if (!p)
        return NULL;
    p->x = x;
    p->y = y;
    p->tag = NULL;
    p->weakrefs = NULL;
    n_points++;
    PyObject_GC_Track(p);
    return (PyObject *)p;
}

static int
point_convert(PyObject *o, void *addr)
{
    if (Point_Check(o)) {
        *(PyObject **)addr = o;
        return 1;
    }
    PyErr_Format(GeoError, "expected a Point, not %.100s", Py_TYPE(o)->tp_name);
    return 0;
}

static int
point_traverse(PointObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->tag);
    return 0;
}

static int
point_clear(PointObject *self)
{
    Py_CLEAR(self->tag);
    return 0;
}

static void
point_dealloc(PointObject *self)
{
    PyObject_GC_UnTrack(self);
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs((PyObject *)self);
    point_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
point_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *kwlist[] = {"x", "y", NULL};
    PointObject *self;
    double x = 0, y = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|dd", kwlist, &x, &y))
        return NULL;
    self = (PointObject *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->x = x;
        self->y = y;
        n_points++;
    }
    return (PyObject *)self;
}

static PyObject *
point_add(PyObject *a, PyObject *b)
{
    PointObject *p, *q;
    if (!Point_Check(a) || !Point_Check(b)) {
        Py_INCREF(Py_NotImplemented);
        return Py_NotImplemented;
    }
    p = (PointObject *)a; q = (PointObject *)b;
    return Point_FromXY(p->x + q->x, p->y + q->y);
}

static PyObject *
point_pow(PyObject *a, PyObject *b, PyObject *c)
{
    if (c != Py_None || !Point_Check(a))
        Py_RETURN_NOTIMPLEMENTED;
    return Point_FromXY(((PointObject *)a)->x, PyFloat_AsDouble(b));
}

static int point_bool(PointObject *self)
{ return self->x != 0 || self->y != 0; }

static PyNumberMethods point_as_number = {
    .nb_add = point_add,
    .nb_power = point_pow,
    .nb_bool = (inquiry)point_bool,
};

static PyObject *
point_richcompare(PyObject *a, PyObject *b, int op)
{
    PyObject *result;
    int eq;
    if (!Point_Check(a) || !Point_Check(b) || (op != Py_EQ && op != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    eq = ((PointObject *)a)->x - ((PointObject *)b)->x < epsilon
        && ((PointObject *)b)->x - ((PointObject *)a)->x < epsilon;
    result = (eq == (op == Py_EQ)) ? Py_True : Py_False;
    Py_INCREF(result);
    return result;
}

static Py_hash_t
point_hash(PyObject *self)
{
    return (Py_hash_t)((PointObject *)self)->x;
}

static PyObject *
point_get_unit(PointObject *self, void *closure)
{
    if (self->x == 0 && self->y == 0) {
        PyErr_SetString(EmptyError, "no direction");
        return NULL;
    }
    if (closure)
        return Point_FromXY(1, 0);
    return Point_FromXY(self->x, self->y);
}

static PyGetSetDef point_getset[] = {
    {"unit", (getter)point_get_unit, NULL, "the direction", NULL},
    {"right", (getter)point_get_unit, NULL, NULL, "x"},
    {NULL}
};

static PyMemberDef point_members[] = {
    {"x", T_DOUBLE, offsetof(PointObject, x), 0, NULL},
    {"y", T_DOUBLE, offsetof(PointObject, y), 0, NULL},
    {"tag", T_OBJECT, offsetof(PointObject, tag), 0, NULL},
    {NULL}  /* sentinel */
};

static PyObject *
point_reduce(PyObject *self, PyObject *noargs)
{
    PointObject *p = (PointObject *)self;
    return Py_BuildValue("O(dd)", Py_TYPE(self), p->x, p->y);
}

static PyObject *
point_from_list(PyObject *cls, PyObject *list)
{
    PyObject *args = PySequence_Tuple(list), *p;
    if (args == NULL)
        return NULL;
    p = PyObject_CallObject(cls, args);
    Py_DECREF(args);
    if (p && !Point_Check(p)) {
        PyErr_SetString(GeoError, "not a point");
        Py_CLEAR(p);
    }
    return p;
}

static PyObject *
point_is(PyObject *nothing, PyObject *o)
{
    return PyBool_FromLong(Point_CheckExact(o));
}

static PyMethodDef point_methods[] = {
    {"__reduce__", point_reduce, METH_NOARGS, NULL},
    {"from_list", point_from_list, METH_O | METH_CLASS, "from a list"},
    {"is_point", point_is, METH_O | METH_STATIC, NULL},
    {NULL, NULL}
};

static PyTypeObject Point_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    "geo.Point",                        /* tp_name */
    sizeof(PointObject),                /* tp_basicsize */
    0,                                  /* tp_itemsize */
    (destructor)point_dealloc,          /* tp_dealloc */
    0,                                  /* tp_print */
    0,                                  /* tp_getattr */
    0,                                  /* tp_setattr */
    0,                                  /* tp_compare */
    0,                                  /* tp_repr */
    &point_as_number,                   /* tp_as_number */
    0,                                  /* tp_as_sequence */
    0,                                  /* tp_as_mapping */
    point_hash,                         /* tp_hash */
    0,                                  /* tp_call */
    0,                                  /* tp_str */
    PyObject_GenericGetAttr,            /* tp_getattro */
    0,                                  /* tp_setattro */
    0,                                  /* tp_as_buffer */
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, /* tp_flags */
    "Point(x, y)",                      /* tp_doc */
    (traverseproc)point_traverse,       /* tp_traverse */
    (inquiry)point_clear,               /* tp_clear */
    point_richcompare,                  /* tp_richcompare */
    offsetof(PointObject, weakrefs),    /* tp_weaklistoffset */
    0,                                  /* tp_iter */
    0,                                  /* tp_iternext */
    point_methods,                      /* tp_methods */
    point_members,                      /* tp_members */
    point_getset,                       /* tp_getset */
    0,                                  /* tp_base */
    0,                                  /* tp_dict */
    0,                                  /* tp_descr_get */
    0,                                  /* tp_descr_set */
    0,                                  /* tp_dictoffset */
    0,                                  /* tp_init */
    0,                                  /* tp_alloc */
    point_new,                          /* tp_new */
};

/* Point3 adds a depth and a dict */
static int
point3_init(Point3Object *self, PyObject *args, PyObject *kwds)
{
    double x = 0, y = 0;
    if (!PyArg_ParseTuple(args, "|ddl", &x, &y, &self->depth))
        return -1;
    if (self->depth < 0)
        RAISE("negative depth %ld", self->depth);
    self->base.x = x;
    self->base.y = y;
    return 0;
error:
    return -1;
}

static PyObject *
point3_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *none = PyTuple_New(0), *self;
    if (none == NULL)
        return NULL;
    self = Point_Type.tp_new(type, none, NULL);
    Py_DECREF(none);
    return self;
}

static int
point3_traverse(Point3Object *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    return Point_Type.tp_traverse((PyObject *)self, visit, arg);
}

static void
point3_dealloc(Point3Object *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->dict);
    Point_Type.tp_dealloc((PyObject *)self);
}

static PyTypeObject Point3_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "geo.Point3",
    .tp_basicsize = sizeof(Point3Object),
    .tp_dealloc = (destructor)point3_dealloc,
    .tp_traverse = (traverseproc)point3_traverse,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_base = &Point_Type,
    .tp_dictoffset = offsetof(Point3Object, dict),
    .tp_init = (initproc)point3_init,
    .tp_new = point3_new,
};

/* Box: made by box() only */
static void
box_dealloc(BoxObject *self)
{
    Py_XDECREF(self->lo);
    Py_XDECREF(self->hi);
    PyObject_Del(self);
}

static Py_ssize_t
box_length(PyObject *self)
{
    return 2;
}

static PyObject *
box_item(BoxObject *self, Py_ssize_t i)
{
    PointObject *p;
    if (i < 0 || i > 1) {
        PyErr_SetString(PyExc_IndexError, "box index out of range");
        return NULL;
    }
    p = i ? self->hi : self->lo;
    self->last = p;
    Py_INCREF(p);
    return (PyObject *)p;
}

static int
box_contains(BoxObject *self, PyObject *o)
{
    if (!Point_Check(o)) {
        PyErr_SetString(GeoError, "only points are in boxes");
        return -1;
    }
    return ((PointObject *)o)->x >= self->lo->x && ((PointObject *)o)->x <= self->hi->x;
}

static PySequenceMethods box_as_sequence = {
    box_length,                 /* sq_length */
    0,                          /* sq_concat */
    0,                          /* sq_repeat */
    (ssizeargfunc)box_item,     /* sq_item */
    0, 0, 0,
    (objobjproc)box_contains,   /* sq_contains */
};

static PyTypeObject Box_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "Box",
    .tp_basicsize = sizeof(BoxObject),
    .tp_dealloc = (destructor)box_dealloc,
    .tp_as_sequence = &box_as_sequence,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject *
geo_box(PyObject *self, PyObject *args)
{
    BoxObject *box;
    PyObject *lo, *hi;
    if (!PyArg_ParseTuple(args, "O!O&:box", &Point_Type, &lo, point_convert, &hi))
        return NULL;
    if ((box = PyObject_New(BoxObject, &Box_Type)) == NULL)
        return NULL;
    Py_INCREF(lo);
    Py_INCREF(hi);
    box->lo = (PointObject *)lo;
    box->hi = (PointObject *)hi;
    box->last = NULL;
    return (PyObject *)box;
}

static int
compare_points(const void *a, const void *b)
{
    double d = (*(PointObject *const *)a)->x - (*(PointObject *const *)b)->x;
    return d < 0 ? -1 : d > 0;
}

static PyObject *
geo_sorted(PyObject *self, PyObject *seq)
{
    PyObject *list = PySequence_List(seq), **items;
    Py_ssize_t i, n;
    if (list == NULL)
        return NULL;
    n = PyList_GET_SIZE(list);
    for (i = 0; i < n; i++)
        if (!Point_Check(PyList_GET_ITEM(list, i)))
            RAISE("item %zd is not a point", i);
    items = ((PyListObject *)list)->ob_item;
    qsort(items, n, sizeof(*items), compare_points);
    return list;
error:
    Py_DECREF(list);
    return NULL;
}

static PyObject *
geo_origin(PyObject *self, PyObject *noargs)
{
    if (origin == NULL) {
        origin = Point_FromXY(0, 0);
        if (origin == NULL)
            return NULL;
    }
    Py_INCREF(origin);
    return origin;
}

static PyObject *
geo_count(PyObject *self, PyObject *args)
{
    double e = -1;
    if (!PyArg_ParseTuple(args, "|d", &e))
        return NULL;
    if (e >= 0) epsilon = e;
    return PyInt_FromLong(n_points);
}

static PyObject *
geo_is_box(PyObject *self, PyObject *o)
{
    if (Box_Check(o))
        Py_RETURN_TRUE;
    Py_RETURN_FALSE;
}

static PyMethodDef geo_methods[] = {
    {"box", geo_box, METH_VARARGS, "a box from two points"},
    {"sorted", geo_sorted, METH_O, NULL},
    {"origin", geo_origin, METH_NOARGS, NULL},
    {"count", geo_count, METH_VARARGS, NULL},
    {"is_box", geo_is_box, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

PyDoc_STRVAR(geo_doc, "Points and boxes.");

static struct PyModuleDef geomodule = {
    PyModuleDef_HEAD_INIT,
    "geo",
    geo_doc,
    -1,
    geo_methods,
    NULL, NULL, NULL, NULL
};

#define ADD_TYPE(name, type) \
    if (PyModule_AddObject(m, name, (Py_INCREF(type), (PyObject *)type)) < 0) goto fail

PyMODINIT_FUNC
PyInit_geo(void)
{
    PyObject *m = NULL, *bases = NULL, *v = NULL;

    Point_Type.tp_init = NULL;
    if (PyType_Ready(&Point_Type) < 0 || PyType_Ready(&Point3_Type) < 0)
        goto fail;
    if (PyType_Ready(&Box_Type))
        goto fail;

    m = PyModule_Create(&geomodule);
    if (m == NULL)
        goto fail;

    GeoError = PyErr_NewExceptionWithDoc("geo.GeoError", "Base of all errors.", NULL, NULL);
    if (!GeoError)
        goto fail;
    Py_INCREF(GeoError);
    if (PyModule_AddObject(m, "GeoError", GeoError) < 0) {
        Py_DECREF(GeoError);
        goto fail;
    }
    bases = Py_BuildValue("(OO)", GeoError, PyExc_ValueError);
    if (!bases)
        goto fail;
    EmptyError = PyErr_NewException("geo.EmptyError", bases, NULL);
    Py_CLEAR(bases);
    if (EmptyError == NULL)
        goto fail;
    Py_INCREF(EmptyError);
    PyModule_AddObject(m, "EmptyError", EmptyError);

    ADD_TYPE("Point", &Point_Type);
    ADD_TYPE("Point3", &Point3_Type);
    /* class attributes */
    v = Point_FromXY(1, 1);
    if (v == NULL || PyDict_SetItemString(Point_Type.tp_dict, "ONE", v) < 0)
        goto fail;
    Py_DECREF(v);
    if (PyModule_AddIntConstant(m, "VERSION", 3) < 0 ||
        PyModule_AddStringConstant(m, "AUTHOR", "nobody") < 0)
        goto fail;
    return m;

fail:
    Py_XDECREF(v);
    Py_XDECREF(bases);
    Py_XDECREF(m);
    return NULL;
}
