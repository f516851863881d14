/* Lists of macros, used with what a macro means for each. */
#include <Python.h>
#define NS(name) lists_##name
#define GLOBAL(type, name, value) static type NS(name) = value
GLOBAL(PyObject *, error, NULL);
GLOBAL(int, count, 0);
#define EXC_LIST \
    EXC(Closed, PyExc_ValueError) \
    EXC(Open, PyExc_TypeError)
#define EXC(n, b) static PyObject *n##_exc;
EXC_LIST
#undef EXC
typedef enum {
#define EXC(n, b) n##_id,
EXC_LIST
#undef EXC
    N_IDS
} ids;
static PyObject *fail(PyObject *self, PyObject *a)
{
    (void)self;
    (void)a;
    NS(count)++;
    PyErr_SetString(NS(count) > 2 ? Closed_exc : NS(error), "bad");
    return NULL;
}
static PyObject *ids_(PyObject *self, PyObject *a)
{
    (void)self;
    switch (PyLong_AsLong(a)) {
#define EXC(n, b) case n##_id: Py_INCREF(n##_exc); return n##_exc;
    EXC_LIST
#undef EXC
    default: return PyLong_FromLong(N_IDS);
    }
}
static PyMethodDef methods[] = {{"fail", fail, METH_O, ""}, {"ids", ids_, METH_O, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "lists", .m_size = -1, .m_methods = methods,
};
PyMODINIT_FUNC PyInit_lists(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL) return NULL;
    NS(error) = PyErr_NewException("lists.error", NULL, NULL);
    Py_XINCREF(NS(error));
    PyModule_AddObject(m, "error", NS(error));
#define EXC(n, b) \
    n##_exc = PyErr_NewException("lists." #n, b, NULL); \
    if (n##_exc == NULL) goto fail; \
    Py_INCREF(n##_exc); \
    if (PyModule_AddObject(m, #n, n##_exc) < 0) goto fail;
    EXC_LIST
#undef EXC
    return m;
fail:
    Py_DECREF(m);
    return NULL;
}
