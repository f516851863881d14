/* Functions that nothing can be given to and that find no module by what they are given: callbacks of a library, functions in tables of
   foreign structs and in capsules, with variable arguments, called by macros, and those that look for their module. */
#define _GNU_SOURCE
#include <Python.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

static PyObject *error, *names, *keeper;
static long compared, destroyed, walked, written;
static PyTypeObject Number_Type;
static PyModuleDef definition;

typedef struct {
    PyObject_HEAD
    long value;
} Number;

/* Handed to qsort(); what it does not need every time is fetched where it is needed. */
static int
compare(const void *left, const void *right)
{
    Number *a = *(Number *const *)left;
    Number *b = *(Number *const *)right;
    if (a->value < 0 || b->value < 0) {
        if (!PyErr_Occurred())
            PyErr_Format(error, "%ld and %ld", a->value, b->value);
        return -1;
    }
    return (a->value > b->value) - (a->value < b->value);
}

/* Runs with whatever exception is pending, and once more at the end of the interpreter, when there is no state. */
static void
destroy(PyObject *capsule)
{
    destroyed++;
    PyObject *text = PyUnicode_FromString((const char *)PyCapsule_GetPointer(capsule, "asking"));
    if (text != NULL && PyList_Check(names))
        PyList_Append(names, text);
    Py_XDECREF(text);
}

/* twalk() gives it nothing of ours. */
static void
visit(const void *node, VISIT which, int depth)
{
    PyObject *entry = PyLong_FromLong(**(const long *const *)node);
    if (entry == NULL || depth > 1000)
        return;
    if (which == postorder || which == leaf) {
        walked++;
        PyList_Append(names, entry);
    }
    Py_DECREF(entry);
}

/* In a table of a struct of the C library; it looks for its module. */
static ssize_t
write_text(void *cookie, const char *text, size_t size)
{
    PyObject *module = PyState_FindModule(&definition);
    if (module == NULL)
        return 0;
    PyObject *part = PyUnicode_FromFormat("%s: %.9s", PyModule_GetName(module), text);
    if (part == NULL || PyList_Append(names, part) < 0) {
        Py_XDECREF(part);
        return 0;
    }
    Py_DECREF(part);
    ++written;
    (void)cookie;
    return (ssize_t)size;
}

static const cookie_io_functions_t functions = {NULL, write_text, NULL, NULL};

static PyObject *
fail(const char *format, ...)
{
    PyObject *text;
    va_list arguments;
    va_start(arguments, format);
    text = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (text != NULL)
        PyErr_SetObject(error, text);
    Py_XDECREF(text);
    return NULL;
}

static int is_number(PyObject *op) { return PyObject_TypeCheck(op, &Number_Type); }
#define CHECK(kind, op) is_##kind(op)
#define CHECK_NUMBER(op) (CHECK(number, op) ? (Number *)(op) : (Number *)fail("%s is no number", Py_TYPE(op)->tp_name))

static PyObject *
number_repr(Number *self)
{
    return PyUnicode_FromFormat("Number(%ld)", self->value);
}

static PyObject *
number_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Number *self;
    long value;
    if (!PyArg_ParseTuple(args, "l", &value))
        return NULL;
    self = (Number *)type->tp_alloc(type, 0);
    if (self != NULL)
        self->value = value;
    return (PyObject *)self;
}

static PyTypeObject Number_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "asking.Number",
    .tp_basicsize = sizeof(Number),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = number_new,
    .tp_repr = (reprfunc)number_repr,
};

/* What others find in the capsule 'api': functions, no types. */
static PyObject *
make_number(long value)
{
    return PyObject_CallFunction((PyObject *)&Number_Type, "l", value);
}

static int
check_number(PyObject *op)
{
    return is_number(op);
}

typedef struct {
    PyObject *(*make)(long);
    int (*check)(PyObject *);
} Api;

static Api api = {make_number, check_number};

static PyObject *
asking_sort(PyObject *module, PyObject *list)
{
    Py_ssize_t n;
    PyObject *sorted = PySequence_List(list);
    if (sorted == NULL)
        return NULL;
    n = PyList_GET_SIZE(sorted);
    PyObject **items = PyMem_New(PyObject *, n);
    for (Py_ssize_t i = 0; i < n; i++) {
        items[i] = PyList_GET_ITEM(sorted, i);
        if (CHECK_NUMBER(items[i]) == NULL) {
            PyMem_Free(items);
            Py_DECREF(sorted);
            return NULL;
        }
    }
    qsort(items, (size_t)n, sizeof(PyObject *), compare);
    compared++;
    for (Py_ssize_t i = 0; i < n; i++)
        PyList_SET_ITEM(sorted, i, items[i]);
    PyMem_Free(items);
    if (PyErr_Occurred()) {
        Py_DECREF(sorted);
        return NULL;
    }
    return sorted;
}

static PyObject *
asking_capsule(PyObject *module, PyObject *ignored)
{
    return PyCapsule_New("the text", "asking", destroy);
}

/* Drops the only reference to a capsule with an exception set. */
static PyObject *
asking_pending(PyObject *module, PyObject *ignored)
{
    PyObject *capsule = asking_capsule(module, NULL);
    if (capsule == NULL)
        return NULL;
    PyErr_SetString(PyExc_KeyError, "kept");
    Py_DECREF(capsule);
    return NULL;
}

/* Uses no object; those who hand it to the C library are attached. */
static int direction;

static int
order(const void *left, const void *right)
{
    return *(const long *)left > *(const long *)right ? direction : -direction;
}

static PyObject *
asking_walk(PyObject *module, PyObject *ignored)
{
    static const long numbers[] = {2, 1, 3};
    void *root = NULL;
    direction = 1;
    for (int i = 0; i < 3; i++)
        tsearch(&numbers[i], &root, order);
    twalk(root, visit);
    for (int i = 0; i < 3; i++)
        tdelete(&numbers[i], &root, order);
    Py_RETURN_NONE;
}

static PyObject *
asking_write(PyObject *module, PyObject *ignored)
{
    FILE *file = fopencookie(NULL, "w", functions);
    if (file == NULL)
        return PyErr_NoMemory();
    fputs("some text", file);
    fclose(file);
    Py_RETURN_NONE;
}

static PyObject *
asking_through(PyObject *module, PyObject *capsule)
{
    void *functions = PyCapsule_GetPointer(capsule, "asking.api");
    if (functions == NULL)
        return NULL;
    PyObject *made = (*(PyObject *(**)(long))functions)(5);
    if (made != NULL && !api.check(made))
        return fail("not made");
    return made;
}

static PyObject *
asking_counts(PyObject *module, PyObject *ignored)
{
    return Py_BuildValue("llllO", compared, destroyed, walked, written, names);
}

static PyMethodDef methods[] = {
    {"sort", asking_sort, METH_O, NULL},
    {"capsule", asking_capsule, METH_NOARGS, NULL},
    {"pending", asking_pending, METH_NOARGS, NULL},
    {"walk", asking_walk, METH_NOARGS, NULL},
    {"write", asking_write, METH_NOARGS, NULL},
    {"through", asking_through, METH_O, NULL},
    {"counts", asking_counts, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "asking", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_asking(void)
{
    PyObject *m;
    if (PyType_Ready(&Number_Type) < 0)
        return NULL;
    error = PyErr_NewException("asking.error", PyExc_ValueError, NULL);
    names = PyList_New(0);
    keeper = PyCapsule_New("kept", "asking", destroy);
    if (error == NULL || names == NULL || keeper == NULL)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    Py_INCREF(error);
    Py_INCREF(&Number_Type);
    if (PyModule_AddObject(m, "error", error) < 0 || PyModule_AddObject(m, "Number", (PyObject *)&Number_Type) < 0)
        return NULL;
    PyObject *capsule = PyCapsule_New(&api, "asking.api", NULL);
    if (capsule == NULL || PyModule_AddObject(m, "api", capsule) < 0)
        return NULL;
    return m;
}
