/*[clinic input]
module pointers
class pointers.Trait "Trait *" "&Trait_Type"
[clinic start generated code]*/
/* Functions that are called through tables, fields, parameters and results; converters; a static method. */
#include <Python.h>
#include <string.h>

typedef struct trait Trait;
typedef PyObject *(*trait_getter)(Trait *, PyObject *);
typedef int (*trait_setter)(Trait *trait, PyObject *value);

struct trait {
    PyObject_HEAD
    trait_getter get;
    trait_setter set;
    int (*check)(PyObject *);
    PyObject *value;
};

typedef struct {
    long count;
} Counts;

static PyTypeObject Trait_Type;
static PyObject *error;
static PyObject *missing;
static Counts counts = {40};
static long steps[] = {1, 2, 3};
static char text[] = "abc";

static PyObject *
get_value(Trait *trait, PyObject *other)
{
    counts.count++;
    return Py_NewRef(trait->value ? trait->value : missing);
}

static PyObject *
get_other(Trait *trait, PyObject *other)
{
    return Py_NewRef(other);
}

static PyObject *get_nothing(Trait *, PyObject *);

static const trait_getter getters[] = {get_value, get_other, get_nothing, NULL};

static int
set_value(Trait *trait, PyObject *value)
{
    if (trait->check && trait->check(value) < 0)
        return -1;
    Py_XSETREF(trait->value, Py_NewRef(value));
    return 0;
}

static int
set_never(Trait *trait, PyObject *value)
{
    PyErr_SetString(error, "read only");
    return -1;
}

static const struct {
    const char *name;
    trait_setter set;
} setters[] = {{"value", set_value}, {"never", (trait_setter)set_never}};

static int
check_number(PyObject *value)
{
    if (PyLong_Check(value))
        return 0;
    PyErr_SetString(error, "not a number");
    return -1;
}

#ifdef NO_CHECKS
static int
check_nothing(PyObject *value)
{
    return value == NULL;
}
#else
static int
check_nothing(PyObject *value)
{
    return 0;
}
#endif

/* Compared as plain pointers only. */
static int
index_of(void *wanted, void **all)
{
    int n;
    for (n = 0; all[n] != NULL; n++)
        if (all[n] == wanted)
            return n;
    return -1;
}

static int (*checker(int number))(PyObject *)
{
    return number ? check_number : check_nothing;
}

static PyObject *
apply(Trait *trait, trait_getter get)
{
    return get(trait, Py_None);
}

static int
to_step(PyObject *object, void *result)
{
    if (object == NULL)
        return 1;
    long value = PyLong_AsLong(object);
    if (value == -1 && PyErr_Occurred())
        return 0;
    if (value < 0 || value > 2) {
        PyErr_SetString(error, "no such step");
        return 0;
    }
    *(long *)result = steps[value];
    return Py_CLEANUP_SUPPORTED;
}

static PyObject *
get_nothing(Trait *trait, PyObject *other)
{
    Py_RETURN_NONE;
}

static int
trait_init(Trait *self, PyObject *args, PyObject *kwargs)
{
    int get = 0, set = 0, number = 0;
    if (!PyArg_ParseTuple(args, "|iii", &get, &set, &number))
        return -1;
    if (get < 0 || get > 2 || set < 0 || set > 1) {
        PyErr_SetString(error, "no such accessor");
        return -1;
    }
    self->get = getters[get];
    self->set = setters[set].set;
    self->check = checker(number);
    return 0;
}

static PyObject *
trait_get(Trait *self, PyObject *other)
{
    return self->get(self, other);
}

static PyObject *
trait_set(Trait *self, PyObject *value)
{
    if (self->set(self, value) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
trait_where(Trait *self, PyObject *unused)
{
    return PyLong_FromLong(index_of((void *)self->get, (void **)getters));
}

static PyObject *
trait_counted(PyObject *unused, PyObject *args)
{
    return PyLong_FromLong(counts.count);
}

static PyObject *
trait_apply(Trait *self, PyObject *unused)
{
    return apply(self, self->get == get_other ? get_value : get_other);
}

static PyMethodDef trait_methods[] = {
    {"get", (PyCFunction)trait_get, METH_O, NULL},
    {"set", (PyCFunction)trait_set, METH_O, NULL},
    {"where", (PyCFunction)trait_where, METH_NOARGS, NULL},
    {"apply", (PyCFunction)trait_apply, METH_NOARGS, NULL},
    {"counted", trait_counted, METH_NOARGS | METH_STATIC, "How many were got."},
    {NULL, NULL, 0, NULL},
};

static void
trait_dealloc(Trait *self)
{
    PyObject *object = (PyObject *)self;
    Py_XDECREF(self->value);
    Py_TYPE(object)->tp_free(object);
}

static PyTypeObject Trait_Type = {
#ifdef IS_PY3K
    PyVarObject_HEAD_INIT(NULL, 0)
#else
    PyVarObject_HEAD_INIT(NULL, 0)
#endif
    .tp_name = "pointers.Trait",
    .tp_basicsize = sizeof(Trait),
    .tp_dealloc = (destructor)trait_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = trait_methods,
    .tp_init = (initproc)trait_init,
    .tp_new = PyType_GenericNew,
};

static PyObject *
pointers_step(PyObject *module, PyObject *args)
{
    long first, second = 0;
    static long calls[2] = {5, 6};
    if (!PyArg_ParseTuple(args, "O&|O&", to_step, &first, to_step, &second))
        return NULL;
    calls[0]++;
    return PyLong_FromLong(first * 100 + second * 10 + calls[0]);
}

static PyObject *
pointers_one(PyObject *module, PyObject *object)
{
    long value;
    if (!to_step(object, &value))
        return NULL;
    return PyLong_FromLong(value);
}

static PyObject *
pointers_text(PyObject *module, PyObject *unused)
{
    text[0]++;
    steps[0] = 4;
    return PyUnicode_FromString(text);
}

static PyMethodDef methods[] = {
    {"step", pointers_step, METH_VARARGS, NULL},
    {"one", pointers_one, METH_O, NULL},
    {"text", pointers_text, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pointers",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_pointers(void)
{
    PyObject *m;
    if (PyType_Ready(&Trait_Type) < 0)
        return NULL;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("pointers.error", NULL, NULL);
    missing = PyUnicode_FromString("missing");
    if (error == NULL || missing == NULL)
        return NULL;
    Py_INCREF(error);
    PyModule_AddObject(m, "error", error);
    Py_INCREF(&Trait_Type);
    PyModule_AddObject(m, "Trait", (PyObject *)&Trait_Type);
    return m;
}
