/* Functions that another build compiles. */
#include <Python.h>

static PyObject *error;

typedef struct {
    PyObject_HEAD
    int handle;
} File;

#ifdef ELSEWHERE
static PyObject *
fail(const char *what)
{
    return PyErr_Format(error, "%s elsewhere", what);
}

/* Only there. */
static PyObject *
file_flush(File *self, PyObject *unused)
{
    PyObject *message = NULL;

    (void)unused;
    if (self->handle < 0)
        return fail("flush");
    Py_XDECREF(message);
    PyErr_SetString(error, "flushed");
    return NULL;
}

static PyObject *
sync_all(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return fail("sync");
}

static int
note(int handle)
{
    if (handle < 0)
        PyErr_Format(error, "bad handle %d", handle);
    return handle < 0 ? -1 : 0;
}
#else
static PyObject *
fail(const char *what)
{
    return PyErr_Format(error, "%s", what);
}

static int
note(int handle)
{
    return handle < 0 ? -1 : 0;
}
#endif

#define as_file(File_Type, op) ((File *)(op))

static PyObject *
file_open(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (note(as_file(0, self)->handle) < 0)
        return NULL;
    return fail("open");
}

static PyMethodDef file_methods[] = {
    {"open", file_open, METH_NOARGS, NULL},
#ifdef ELSEWHERE
    {"flush", (PyCFunction)file_flush, METH_NOARGS, NULL},
#endif
    {NULL, NULL, 0, NULL}
};

static PyTypeObject File_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "elsewhere.File",
    .tp_basicsize = sizeof(File),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = file_methods,
    .tp_new = PyType_GenericNew,
};

static char doc[] = "Files.";

static PyMethodDef methods[] = {
#ifdef ELSEWHERE
    {"sync", sync_all, METH_NOARGS, NULL},
#endif
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "elsewhere", .m_doc = doc, .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_elsewhere(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
    error = PyErr_NewException("elsewhere.error", NULL, NULL);
    if (error == NULL || PyType_Ready(&File_Type) < 0)
        return NULL;
    Py_INCREF(error);
    PyModule_AddObject(m, "error", error);
    Py_INCREF(&File_Type);
    PyModule_AddObject(m, "File", (PyObject *)&File_Type);
    return m;
}
