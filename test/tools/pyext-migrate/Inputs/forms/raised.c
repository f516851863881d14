/* The state that is there is declared below what needs it from now on. */
#include <Python.h>

static PyObject *names;

static int
remember(PyObject *name)
{
    return PyList_Append(names, name);
}

/* What there was before. */
typedef struct {
    PyObject *error; /* The own exception. */
} raised_data;

static PyObject *
add(PyObject *module, PyObject *name)
{
    if (remember(name) < 0)
        return NULL;
    PyErr_SetObject(((raised_data *)PyModule_GetState(module))->error, names);
    return NULL;
}

static int
raised_run(PyObject *module)
{
    raised_data *data = (raised_data *)PyModule_GetState(module);
    names = PyList_New(0);
    data->error = PyErr_NewException("raised.Error", NULL, NULL);
    if (names == NULL || data->error == NULL)
        return -1;
    Py_INCREF(data->error);
    return PyModule_AddObject(module, "Error", data->error);
}

static int
raised_visit(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(((raised_data *)PyModule_GetState(module))->error);
    return 0;
}

static int
raised_drop(PyObject *module)
{
    Py_CLEAR(((raised_data *)PyModule_GetState(module))->error);
    return 0;
}

static PyMethodDef functions[] = {
    {"add", add, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, raised_run},
    {0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "raised",
    .m_size = sizeof(raised_data),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = raised_visit,
    .m_clear = raised_drop,
};

PyMODINIT_FUNC
PyInit_raised(void)
{
    return PyModuleDef_Init(&definition);
}
