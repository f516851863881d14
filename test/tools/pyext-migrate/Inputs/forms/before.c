/* Multi-phase initialisation already; strings are made before the module. */
#include <Python.h>

static PyObject *str__name__;
static PyObject *str_other;
static PyObject *strkind;
static int number;

static int
define_strings(void)
{
    if (str__name__ != NULL)
        return 0;
#define DEFINE_STRING(S)                          \
    if (!(str##S = PyUnicode_FromString(#S)))     \
        return -1

    DEFINE_STRING(__name__);
    DEFINE_STRING(_other);
    DEFINE_STRING(kind);
#undef DEFINE_STRING
    return 0;
}

static void
count(int by)
{
    number += by;
}

static PyObject *
get(PyObject *module, PyObject *args)
{
    return PyTuple_Pack(3, str__name__, str_other, strkind);
}

/* Where there are no heap types, the type does not know the module. */
static PyObject *
box_repr(PyObject *self)
{
    return Py_XNewRef(str_other);
}

static PyObject *
box_name(PyObject *self, PyObject *args)
{
    return Py_XNewRef(str__name__);
}

static PyMethodDef box_methods[] = {
    {"name", box_name, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

#ifdef NEVER_DEFINED
static PyTypeObject Box_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "before.Box",
    .tp_repr = box_repr,
    .tp_methods = box_methods,
};
#else
static PyType_Slot box_slots[] = {
    {Py_tp_repr, box_repr},
    {Py_tp_methods, box_methods},
    {0, NULL}
};
static PyType_Spec box_spec = {"before.Box", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, box_slots};
#endif

static PyObject *
counted(PyObject *module, PyObject *args)
{
    return PyLong_FromLong(number++);
}

static PyMethodDef functions[] = {
    {"get", get, METH_NOARGS, NULL},
    {"counted", counted, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static int
before_execute(PyObject *module)
{
#ifdef NEVER_DEFINED
    PyObject *box = (PyObject *)&Box_Type;
    Py_INCREF(box);
#else
    PyObject *box = PyType_FromModuleAndSpec(module, &box_spec, NULL);
#endif
    if (box == NULL || PyModule_AddObject(module, "Box", box) < 0)
        return -1;
    return PyModule_AddIntConstant(module, "one", 1);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, before_execute},
    {0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "before", NULL, 0, functions, slots, NULL, NULL, NULL
};

static PyObject *
init(void)
{
    count(5);
    /* Before all else. */
    if (define_strings() < 0) { return NULL; }

    return PyModuleDef_Init(&definition);
}

PyMODINIT_FUNC
PyInit_before(void)
{
    return init();
}
