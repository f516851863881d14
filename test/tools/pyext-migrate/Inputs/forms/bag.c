/* Old style: a module dictionary, a global for the module, subclasses of dict, str and an exception, the C API of datetime. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <datetime.h>
#include <structmember.h>

#define MODULE_NAME "bag"

typedef struct { PyDictObject dict; PyObject *owner; Py_ssize_t changes; } Bag;
typedef struct { PyBaseExceptionObject base; PyObject *code; } BagErrorObject;
typedef struct { PyUnicodeObject str; } Label;
typedef struct { PyObject_HEAD Bag *bag; int flags; } Cursor;

static PyTypeObject BagType, CursorType, LabelType;
static PyTypeObject BagErrorType = { PyVarObject_HEAD_INIT(NULL, 0) MODULE_NAME ".BagError", sizeof(BagErrorObject) };
#define BagError ((PyObject *)&BagErrorType)

static PyObject *this_module = NULL, *str_owner, *empty_tuple;
static PyObject *registry;      /* weak values */
static int debug = 0;
static long serial = 1000;

#define DEBUG(...) do { if (debug) PySys_WriteStderr(__VA_ARGS__); } while (0)
#define BAG(op) ((Bag *)(op))
#define Bag_Check(op) PyObject_TypeCheck((op), &BagType)
#define RETURN_ERROR(text) return (PyErr_SetString(BagError, text), NULL)

/* --- error ------------------------------------------------------- */
static int
error_init(BagErrorObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *code = NULL;
    if (((PyTypeObject *)PyExc_Exception)->tp_init((PyObject *)self, args, kwds) < 0)
        return -1;
    if (PyTuple_GET_SIZE(args) > 1)
        code = PyTuple_GET_ITEM(args, 1);
    Py_XINCREF(code);
    Py_XSETREF(self->code, code);
    return 0;
}

static int
error_clear(BagErrorObject *self)
{
    Py_CLEAR(self->code);
    return ((PyTypeObject *)PyExc_Exception)->tp_clear((PyObject *)self);
}

static int
error_traverse(BagErrorObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->code);
    return ((PyTypeObject *)PyExc_Exception)->tp_traverse((PyObject *)self, visit, arg);
}

static void
error_dealloc(BagErrorObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->code);
    ((PyTypeObject *)PyExc_Exception)->tp_dealloc((PyObject *)self);
}

static PyMemberDef error_members[] = {
    {"code", T_OBJECT, offsetof(BagErrorObject, code), 0, "the code"},
    {NULL, 0, 0, 0, NULL}
};

/* --- cursor ------------------------------------------------------ */
static PyObject *
cursor_for(Bag *bag, int flags)
{
    Cursor *c = PyObject_New(Cursor, &CursorType);
    if (c == NULL)
        return NULL;
    Py_INCREF(bag);
    c->bag = bag;
    c->flags = flags;
    return (PyObject *)c;
}

static void
cursor_dealloc(Cursor *self)
{
    DEBUG("cursor of %p\n", (void *)self->bag);
    Py_DECREF(self->bag);
    PyObject_Del(self);
}

static PyObject *
cursor_getattro(PyObject *self, PyObject *name)
{
    PyObject *value = PyObject_GenericGetAttr(self, name);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        value = PyDict_GetItemWithError((PyObject *)((Cursor *)self)->bag, name);
        if (value == NULL) {
            if (!PyErr_Occurred())
                PyErr_Format(BagError, "no %R in the bag", name);
            return NULL;
        }
        Py_INCREF(value);
    }
    return value;
}

static PyObject *
cursor_repr(Cursor *self)
{
    return PyUnicode_FromFormat("<cursor %d of %s>", self->flags, Py_TYPE(self->bag)->tp_name);
}

/* --- bag ---------------------------------------------------------- */
static int
bag_init(Bag *self, PyObject *args, PyObject *kwds)
{
    if (PyDict_Type.tp_init((PyObject *)self, empty_tuple, kwds) < 0)
        return -1;
    self->changes = 0;
    if (PyTuple_GET_SIZE(args)) {
        PyObject *owner = PyTuple_GET_ITEM(args, 0);
        if (Bag_Check(owner)) {
            PyErr_SetString(BagError, "a bag cannot own a bag");
            return -1;
        }
        Py_INCREF(owner);
        Py_XSETREF(self->owner, owner);
    }
    return PyDict_SetItem(registry, str_owner, (PyObject *)Py_TYPE(self));
}

static int
bag_traverse(Bag *self, visitproc visit, void *arg)
{
    Py_VISIT(self->owner);
    return PyDict_Type.tp_traverse((PyObject *)self, visit, arg);
}

static int
bag_clear(Bag *self)
{
    Py_CLEAR(self->owner);
    return PyDict_Type.tp_clear((PyObject *)self);
}

static void
bag_dealloc(Bag *self)
{
    PyObject_GC_UnTrack((PyObject *)self);
    Py_XDECREF(self->owner);
    PyDict_Type.tp_dealloc((PyObject *)self);
}

static int
bag_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    if (value && Bag_Check(value)) {
        PyErr_SetObject(BagError, key);
        return -1;
    }
    BAG(self)->changes++;
    return value ? PyDict_SetItem(self, key, value) : PyDict_DelItem(self, key);
}

static PyObject *
bag_cursor(PyObject *self, PyObject *args)
{
    int flags = 0;
    if (!PyArg_ParseTuple(args, "|i:cursor", &flags))
        return NULL;
    if (flags < 0)
        RETURN_ERROR("negative flags");
    return cursor_for(BAG(self), flags);
}

static PyObject *
bag_stamp(PyObject *self, PyObject *Py_UNUSED(args))
{
    if (BAG(self)->owner == NULL)
        RETURN_ERROR("nobody owns it");
    return PyDate_FromDate(2000, 1, 1 + (int)(BAG(self)->changes % 28));
}

static PyObject *
bag_label(PyObject *self, PyObject *arg)
{
    PyObject *args = PyTuple_Pack(1, arg), *label;
    if (args == NULL)
        return NULL;
    label = PyUnicode_Type.tp_new(&LabelType, args, NULL);
    Py_DECREF(args);
    return label;
}

static PyMethodDef bag_methods[] = {
    {"cursor", bag_cursor, METH_VARARGS, "a cursor"},
    {"stamp", bag_stamp, METH_NOARGS, NULL},
    {"label", bag_label, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static PyMappingMethods bag_mapping = {0, 0, bag_ass_subscript};

static PyTypeObject BagType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    MODULE_NAME ".Bag",
    sizeof(Bag), 0,
    (destructor)bag_dealloc,
    .tp_as_mapping = &bag_mapping,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)bag_traverse,
    .tp_clear = (inquiry)bag_clear,
    .tp_methods = bag_methods,
    .tp_init = (initproc)bag_init,
};

static PyTypeObject CursorType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = MODULE_NAME ".Cursor",
    .tp_basicsize = sizeof(Cursor),
    .tp_dealloc = (destructor)cursor_dealloc,
    .tp_repr = (reprfunc)cursor_repr,
    .tp_getattro = cursor_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyTypeObject LabelType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = MODULE_NAME ".Label",
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

/* --- functions ---------------------------------------------------- */
static PyObject *
next_serial(PyObject *self, PyObject *args)
{
    return PyLong_FromLong(serial++);
}

static PyObject *
set_debug(PyObject *self, PyObject *on)
{
    int v = PyObject_IsTrue(on);
    if (v < 0)
        return NULL;
    debug = v;
    Py_RETURN_NONE;
}

static PyObject *
get_name(PyObject *self, PyObject *args)
{
    return PyObject_GetAttrString(this_module, "__name__");
}

static PyObject *
check_owner(PyObject *bag)
{
    PyObject *mine;
    if (!Bag_Check(bag))
        return PyErr_Format(PyExc_TypeError, "expected %s", BagType.tp_name);
    mine = BAG(bag)->owner ? BAG(bag)->owner : this_module;
    Py_INCREF(mine);
    return mine;
}

static PyObject *
owner_of(PyObject *self, PyObject *bag)
{
    return check_owner(bag);
}

static PyMethodDef functions[] = {
    {"next_serial", next_serial, METH_NOARGS, NULL},
    {"set_debug", set_debug, METH_O, NULL},
    {"get_name", get_name, METH_NOARGS, NULL},
    {"owner_of", owner_of, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static int
init_types(void)
{
    BagType.tp_base = &PyDict_Type;
    if (PyType_Ready(&BagType) < 0)
        return 0;
    BagErrorType.tp_base = (PyTypeObject *)PyExc_Exception;
    BagErrorType.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;
    BagErrorType.tp_init = (initproc)error_init;
    BagErrorType.tp_traverse = (traverseproc)error_traverse;
    BagErrorType.tp_clear = (inquiry)error_clear;
    BagErrorType.tp_dealloc = (destructor)error_dealloc;
    BagErrorType.tp_members = error_members;
    LabelType.tp_base = &PyUnicode_Type;
    if (PyType_Ready(&BagErrorType) < 0 || PyType_Ready(&CursorType) < 0 || PyType_Ready(&LabelType) < 0)
        return 0;
    return 1;
}

static struct PyModuleDef bag_module = {
    PyModuleDef_HEAD_INIT,
    MODULE_NAME,
    "Bags.",
    -1,
    functions
};

PyMODINIT_FUNC
PyInit_bag(void)
{
    PyObject *m, *d, *o;

    if (!init_types())
        return NULL;
    PyDateTime_IMPORT;
    if (!PyDateTimeAPI)
        return NULL;
    m = PyModule_Create(&bag_module);
    if (!m)
        return NULL;
    this_module = m;
    d = PyModule_GetDict(m);
    str_owner = PyUnicode_InternFromString("owner");
    empty_tuple = PyTuple_New(0);
    registry = PyDict_New();
    if (!str_owner || !empty_tuple || !registry) {
        Py_DECREF(m);
        return NULL;
    }
    if (PyDict_SetItemString(d, "BagError", BagError) < 0 ||
        PyDict_SetItemString(d, "Bag", (PyObject *)&BagType) < 0)
        return NULL;
    PyDict_SetItemString(d, "Label", (PyObject *)&LabelType);
    o = PyUnicode_FromString("1.0");
    PyDict_SetItemString(d, "__version__", o);
    Py_XDECREF(o);
    if (PyErr_Occurred())
        Py_FatalError("can't initialize module bag");
    return m;
}
