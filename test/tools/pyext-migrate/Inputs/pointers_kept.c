/* Functions that are called through pointers, none of which can be given anything. */
#include <Python.h>
#include <stdlib.h>

static PyObject *in_slot, *in_library, *in_foreign, *from_void, *in_macro, *fine;

typedef PyObject *(*getter_t)(PyObject *);
typedef PyObject *(*lookup_t)(PyObject *);

static PyObject *
item_value(PyObject *self)
{
    return Py_NewRef(in_slot != NULL ? in_slot : self);
}

static PyObject *
other_value(PyObject *self)
{
    return Py_NewRef(self);
}

static const getter_t getters[] = {item_value, other_value};

static PyMethodDef item_methods[] = {
    {"value", (PyCFunction)(void (*)(void))item_value, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int
compare(const void *left, const void *right)
{
    Py_CLEAR(in_library);
    return *(const int *)left - *(const int *)right;
}

static void
sorted(int *values, int (*order)(const void *, const void *))
{
    qsort(values, 2, sizeof(int), order);
}

static PyObject *
as_method(PyObject *self, PyObject *args)
{
    Py_XSETREF(in_foreign, Py_NewRef(args));
    return Py_NewRef(self);
}

static PyCFunction method = as_method;

static PyObject *
found(PyObject *self)
{
    Py_XSETREF(from_void, Py_NewRef(self));
    return Py_NewRef(self);
}

static PyObject *
call(PyObject *self, void *any)
{
    lookup_t lookup = any ? (lookup_t)any : found;
    return lookup(self);
}

static int
count(PyObject *object, void *result)
{
    Py_XSETREF(in_macro, Py_NewRef(object));
    *(int *)result = 1;
    return 1;
}
#define TARGET &number

static PyObject *
kept_run(PyObject *module, PyObject *args)
{
    int values[2] = {2, 1}, number;
    if (!PyArg_ParseTuple(args, "O&", count, TARGET))
        return NULL;
    sorted(values, compare);
    Py_XSETREF(fine, Py_NewRef(args));
    PyObject *made = call(module, NULL);
    Py_XDECREF(made);
    made = getters[number > 1](module);
    Py_XDECREF(made);
    Py_XSETREF(in_slot, PyLong_FromLong(number));
    return method(module, args);
}

static PyMethodDef methods[] = {
    {"run", kept_run, METH_VARARGS, NULL},
    {"methods", as_method, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pointers_kept",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_pointers_kept(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    if (PyModule_AddFunctions(m, item_methods) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
