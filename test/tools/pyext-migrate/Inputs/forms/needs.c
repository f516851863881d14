#include <Python.h>

static PyObject *Error;

static PyObject *
fail(PyObject *self, PyObject *args)
{
    PyErr_SetString(Error, "no");
    return NULL;
}

/* How much is kept. */
#define N_KEPT (N_SMALL * 2)
#ifdef NEEDS_MORE
#define N_SMALL 8
#else
#define N_SMALL 2
#endif
enum { N_TEXT = 8, N_OTHER };

typedef struct {
    long number;
    char text[N_TEXT];
} entry;

static PyObject *kept[N_KEPT];
static entry entries[N_KEPT];
static int level;

static PyObject *
get(PyObject *self, PyObject *arg)
{
    long n = PyLong_AsLong(arg);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    if (n < 0 || n >= N_KEPT)
        return fail(self, NULL);
    entries[n].number++;
    entries[n].text[0] = 'n';
    level++;
    if (kept[n] == NULL && (kept[n] = PyLong_FromLong(n + 1000)) == NULL)
        return NULL;
    return Py_BuildValue("Olci", kept[n], entries[n].number, entries[n].text[0], level);
}

static PyMethodDef methods[] = {{"fail", fail, METH_NOARGS, NULL}, {"get", get, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "needs", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_needs(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    Error = PyErr_NewException("needs.Error", NULL, NULL);
    Py_XINCREF(Error);
    if (PyModule_AddObject(m, "Error", Error) < 0) {
        Py_XDECREF(Error);
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
