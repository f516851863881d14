/* Types in a table that PyInit_ reads, a type without a fixed size, a vectorcall function per object. */
#define PY_SSIZE_T_CLEAN
#include "Python.h"
#include "structmember.h"

typedef struct _vec {
    PyObject_VAR_HEAD
    PyObject *name;
    struct _vec *parent;      /* owned */
    Py_ssize_t exports;
    double data[1];
} Vec;

typedef struct {
    PyObject_HEAD
    Vec *vec;
    Py_ssize_t index;
} VecIter;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *func;
    PyObject *dict;
    PyObject *weak;
} Caller;

extern PyTypeObject Vec_Type, VecIter_Type;
PyTypeObject Caller_Type;

#define VEC(o) ((Vec *)(o))
#define IsVec(o) (Py_TYPE(o) == &Vec_Type || PyType_IsSubtype(Py_TYPE(o), &Vec_Type))
#define CHECK_VEC(o) if (!IsVec(o)) { PyErr_SetString(vec_error, "not a vec"); return NULL; }

PyObject *vec_error;
static struct { PyObject *empty; long made; } module_data;
static const char *const unit_names[] = {"zero", "one"};
static PyObject *units[2];

static Vec *
new_vec(PyTypeObject *type, Py_ssize_t n)
{
    Vec *v = PyObject_NewVar(Vec, type, n);
    if (v == NULL)
        return (Vec *)PyErr_NoMemory();
    memset(v->data, 0, n * sizeof(double));
    v->name = NULL;
    v->parent = NULL;
    v->exports = 0;
    module_data.made++;
    return v;
}

static PyObject *
Vec_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n, i;
    PyObject *seq, *fast, *name = NULL;
    Vec *v;
    static char *kwlist[] = {"items", "name", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|U", kwlist, &seq, &name))
        return NULL;
    if (!(fast = PySequence_Fast(seq, "items")))
        return NULL;
    n = PySequence_Fast_GET_SIZE(fast);
    if (n == 0 && type == &Vec_Type && name == NULL && module_data.empty != NULL) {
        Py_DECREF(fast);
        Py_INCREF(module_data.empty);
        return module_data.empty;
    }
    v = (Vec *)type->tp_alloc(type, n);
    if (v == NULL) {
        Py_DECREF(fast);
        return NULL;
    }
    module_data.made++;
    for (i = 0; i < n; i++) {
        v->data[i] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(fast, i));
        if (PyErr_Occurred()) {
            Py_DECREF(fast);
            Py_DECREF(v);
            return NULL;
        }
    }
    Py_DECREF(fast);
    Py_XINCREF(name);
    v->name = name;
    return (PyObject *)v;
}

static void
Vec_dealloc(PyObject *op)
{
    Vec *v = VEC(op);
    Py_XDECREF(v->name);
    Py_XDECREF(v->parent);
    Py_TYPE(op)->tp_free(op);
}

static PyObject *
Vec_slice(Vec *self, Py_ssize_t from, Py_ssize_t to)
{
    Vec *v;
    Py_ssize_t i;
    if (from > to) to = from;
    v = new_vec(&Vec_Type, to - from);
    if (v == NULL)
        return NULL;
    for (i = from; i < to; i++)
        v->data[i - from] = self->data[i];
    Py_INCREF(self);
    v->parent = self;
    return (PyObject *)v;
}

static PyObject *
Vec_head(PyObject *self, PyObject *arg)
{
    Py_ssize_t n = PyLong_AsSsize_t(arg);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    if (n < 0 || n > Py_SIZE(self)) {
        PyErr_SetString(vec_error, "out of range");
        return NULL;
    }
    return Vec_slice(VEC(self), 0, n);
}

static PyObject *
Vec_mul(PyObject *a, PyObject *b)
{
    Vec *r;
    double f;
    Py_ssize_t i;
    if (!IsVec(a)) {
        PyObject *t = a; a = b; b = t;
    }
    f = PyFloat_AsDouble(b);
    if (f == -1 && PyErr_Occurred())
        return NULL;
    r = new_vec(&Vec_Type, Py_SIZE(a));
    for (i = 0; r && i < Py_SIZE(a); i++)
        r->data[i] = VEC(a)->data[i] * f;
    return (PyObject *)r;
}

static Py_ssize_t Vec_len(PyObject *o) { return Py_SIZE(o); }

static PyObject *
Vec_iter(PyObject *self)
{
    VecIter *it = PyObject_New(VecIter, &VecIter_Type);
    if (it == NULL)
        return NULL;
    it->index = 0;
    it->vec = (Vec *)Py_NewRef(self);
    return (PyObject *)it;
}

static int
Vec_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    VEC(self)->exports++;
    return PyBuffer_FillInfo(view, self, VEC(self)->data, Py_SIZE(self) * sizeof(double), 1, flags);
}

static void
Vec_releasebuffer(PyObject *self, Py_buffer *view)
{
    VEC(self)->exports--;
}

static PyNumberMethods Vec_number = { .nb_multiply = Vec_mul };
static PySequenceMethods Vec_seq = { .sq_length = Vec_len };
static PyBufferProcs Vec_buffer = { Vec_getbuffer, Vec_releasebuffer };

static PyMethodDef Vec_methods[] = {
    {"head", Vec_head, METH_O},
    {NULL}
};

static PyMemberDef Vec_members[] = {
    {"name", T_OBJECT, offsetof(Vec, name), READONLY},
    {"parent", T_OBJECT, offsetof(Vec, parent), READONLY},
    {NULL}
};

PyTypeObject Vec_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "vec.Vec",
    .tp_basicsize = offsetof(Vec, data),
    .tp_itemsize = sizeof(double),
    .tp_dealloc = Vec_dealloc,
    .tp_as_number = &Vec_number,
    .tp_as_sequence = &Vec_seq,
    .tp_as_buffer = &Vec_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_iter = Vec_iter,
    .tp_methods = Vec_methods,
    .tp_members = Vec_members,
    .tp_new = Vec_new,
};

static void
VecIter_dealloc(VecIter *it)
{
    Py_XDECREF(it->vec);
    PyObject_Free(it);
}

static PyObject *
VecIter_next(VecIter *it)
{
    if (it->vec == NULL)
        return NULL;
    if (it->index < Py_SIZE(it->vec))
        return PyFloat_FromDouble(it->vec->data[it->index++]);
    Py_CLEAR(it->vec);
    return NULL;
}

PyTypeObject VecIter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    "vec._iter", sizeof(VecIter), 0,
    (destructor)VecIter_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)VecIter_next,
};

static PyObject *
Caller_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Caller *c = (Caller *)self;
    if (PyVectorcall_NARGS(nargsf) > 2) {
        PyErr_SetString(vec_error, "at most two");
        return NULL;
    }
    return PyObject_Vectorcall(c->func, args, nargsf, kwnames);
}

static PyObject *
Caller_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *func;
    Caller *c;
    if (!PyArg_ParseTuple(args, "O", &func))
        return NULL;
    c = (Caller *)type->tp_alloc(type, 0);
    if (c == NULL)
        return NULL;
    c->vectorcall = Caller_vectorcall;
    Py_INCREF(func);
    c->func = func;
    return (PyObject *)c;
}

static int
Caller_traverse(Caller *self, visitproc visit, void *arg)
{
    Py_VISIT(self->func);
    Py_VISIT(self->dict);
    return 0;
}

static int
Caller_clear(Caller *self)
{
    Py_CLEAR(self->func);
    Py_CLEAR(self->dict);
    return 0;
}

static void
Caller_dealloc(Caller *self)
{
    PyObject_GC_UnTrack((PyObject *)self);
    if (self->weak)
        PyObject_ClearWeakRefs((PyObject *)self);
    Caller_clear(self);
    PyObject_GC_Del(self);
}

PyTypeObject Caller_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "vec.Caller",
    .tp_basicsize = sizeof(Caller),
    .tp_vectorcall_offset = offsetof(Caller, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_dictoffset = offsetof(Caller, dict),
    .tp_weaklistoffset = offsetof(Caller, weak),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_dealloc = (destructor)Caller_dealloc,
    .tp_traverse = (traverseproc)Caller_traverse,
    .tp_clear = (inquiry)Caller_clear,
    .tp_new = Caller_new,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
};

static PyObject *
vec_sum(PyObject *m, PyObject *v)
{
    double t = 0;
    Py_ssize_t i;
    CHECK_VEC(v)
    for (i = 0; i < Py_SIZE(v); i++)
        t += VEC(v)->data[i];
    return PyFloat_FromDouble(t);
}

static PyObject *
vec_unit(PyObject *m, PyObject *args)
{
    int i;
    if (!PyArg_ParseTuple(args, "i", &i))
        return NULL;
    if (i < 0 || (size_t)i >= Py_ARRAY_LENGTH(units)) {
        PyErr_Format(vec_error, "no unit %d, not %s", i, unit_names[0]);
        return NULL;
    }
    if (!units[i]) {
        Vec *v = new_vec(&Vec_Type, 2);
        if (!v) return NULL;
        v->data[i] = 1;
        units[i] = (PyObject *)v;
    }
    return Py_NewRef(units[i]);
}

static PyObject *
vec_made(PyObject *m, PyObject *args)
{
    return PyLong_FromLong(module_data.made);
}

static PyMethodDef vec_functions[] = {
    {"sum", vec_sum, METH_O, NULL},
    {"unit", vec_unit, METH_VARARGS, NULL},
    {"made", vec_made, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef vec_def = {
    PyModuleDef_HEAD_INIT, "vec", NULL, 0, vec_functions, NULL, NULL, NULL, NULL,
};

static PyTypeObject *types[] = {&Vec_Type, &VecIter_Type, &Caller_Type, NULL};

PyMODINIT_FUNC
PyInit_vec(void)
{
    PyObject *module;
    PyTypeObject **t;

    for (t = types; *t; t++) {
        if (PyType_Ready(*t) < 0)
            return NULL;
    }
    if (!(module = PyModule_Create(&vec_def)))
        return NULL;
    for (t = types; *t; t++) {
        const char *name = strrchr((*t)->tp_name, '.') + 1;
        if (name[0] == '_')
            continue;
        Py_INCREF(*t);
        if (PyModule_AddObject(module, name, (PyObject *)*t) < 0)
            goto bad;
    }
    vec_error = PyErr_NewException("vec.error", PyExc_RuntimeError, NULL);
    if (vec_error == NULL || PyModule_AddObjectRef(module, "error", vec_error) < 0)
        goto bad;
    module_data.empty = (PyObject *)new_vec(&Vec_Type, 0);
    if (!module_data.empty)
        goto bad;
    return module;
bad:
    Py_XDECREF(module);
    return NULL;
}
