/* Functions, fields and calls that macros write, and what other builds have instead. */
#include <Python.h>

#define F(name) name

typedef struct {
    PyObject_HEAD
    long value;
    void *more; /* It may be anything, so that there is a collector. */
} Number;

static PyTypeObject Number_Type;
static PyTypeObject Cursor_Type;

#ifdef NEVER_DEFINED
#  define VALIDATE(op)
#else
#  define VALIDATE(op) assert(Py_TYPE(op) == &Number_Type)
#endif

static PyObject *
number_from(long value)
{
    Number *self = (Number*)F(PyObject_New)(Number, &Number_Type);
    if (self == NULL)
        return NULL;
    self->value = value;
    VALIDATE(self);
    return (PyObject *)self;
}

#define OPERATION(name, op)                                    \
static PyObject *                                              \
number_##name(PyObject *left, PyObject *right)                 \
{                                                              \
    if (!PyObject_TypeCheck(left, &Number_Type) ||             \
        !PyObject_TypeCheck(right, &Number_Type))              \
        Py_RETURN_NOTIMPLEMENTED;                              \
    return number_from(((Number *)left)->value                 \
                       op ((Number *)right)->value);           \
}

OPERATION(and, &)
OPERATION(or, |)
OPERATION(ior, |)

static PyObject *
number_long(PyObject *self)
{
    return PyLong_FromLong(((Number *)self)->value);
}

static PyNumberMethods number_methods = {
    .nb_and = number_and,
    .nb_or = number_or,
    .nb_inplace_or = number_ior,
    .nb_int = number_long,
};

#define COMMON                               \
    .tp_basicsize = sizeof(Number),          \
    .tp_getattro = PyObject_GenericGetAttr,  \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,

/* Nobody makes it ready. */
static void
cursor_dealloc(PyObject *self)
{
    PyObject_Del(self);
}

static PyTypeObject Cursor_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "Cursor",
    .tp_dealloc = cursor_dealloc,
    COMMON
};

static PyTypeObject Number_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "texts.Number",
    .tp_as_number = &number_methods,
    .tp_basicsize = sizeof(Number),
    .tp_flags = Py_TPFLAGS_DEFAULT
#ifdef Py_TPFLAGS_SEQUENCE
        | Py_TPFLAGS_SEQUENCE
#endif
        ,
};

#define MAKE(name, value)                             \
static PyObject *                                     \
make_##name(PyObject *module, PyObject *unused)       \
{                                                     \
    return number_from(value);                        \
}

MAKE(one, 1)
MAKE(two, 2)

static PyObject *
make_cursor(PyObject *module, PyObject *unused)
{
    return (PyObject *)PyObject_New(Number, &Cursor_Type);
}

static PyMethodDef functions[] = {
    {"one", make_one, METH_NOARGS, NULL},
    {"two", make_two, METH_NOARGS, NULL},
    {"cursor", make_cursor, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

PyMODINIT_FUNC
PyInit_texts(void)
{
    static PyModuleDef definition = {
        PyModuleDef_HEAD_INIT,
    };
    PyObject *m;
    definition.m_name = "texts";
    definition.m_doc = NULL;
    definition.m_size = -1;  /* no state */
    definition.m_methods = functions;
#ifdef NEVER_DEFINED
    printf("a special build\n");
#endif
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    if (PyType_Ready(&Number_Type) < 0)
        return NULL;
    else
        PyModule_AddObject(m, "Number", (PyObject *)&Number_Type);
    return m;
}
