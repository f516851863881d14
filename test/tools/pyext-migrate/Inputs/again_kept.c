/* The module that exists already is counted as well. */
#include <Python.h>

static int imports;

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "again_kept",
    .m_size = 0,
};

PyMODINIT_FUNC
PyInit_again_kept(void)
{
    PyObject *m = PyState_FindModule(&definition);
    if (m != NULL)
        imports++;
    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    return m;
}
