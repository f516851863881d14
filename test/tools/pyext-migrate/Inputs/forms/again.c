/* A module with a state that is found through its definition, and that is made once per interpreter. */
#include <Python.h>

typedef struct {
    PyObject *error;
    PyTypeObject *Poll_Type;
    PyTypeObject *Box_Type;
} module_state;

static struct PyModuleDef definition;
#define STATE(m) ((module_state *)PyModule_GetState(m))
#define GLOBAL_STATE STATE(PyState_FindModule(&definition))

typedef struct {
    PyObject_HEAD
} Poll;

static void
poll_dealloc(Poll *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyType_Slot poll_slots[] = {
    {Py_tp_dealloc, poll_dealloc},
    {0, NULL},
};

static PyType_Spec poll_spec = {"again.Poll", sizeof(Poll), 0, Py_TPFLAGS_DEFAULT, poll_slots};
static PyType_Spec box_spec = {"again.Box", sizeof(Poll), 0, Py_TPFLAGS_DEFAULT, poll_slots};

static PyObject *
again_poll(PyObject *module, PyObject *unused)
{
    return PyObject_CallObject((PyObject *)GLOBAL_STATE->Poll_Type, NULL);
}

static PyObject *
again_fail(PyObject *module, PyObject *unused)
{
    PyErr_SetString(GLOBAL_STATE->error, "failed");
    return NULL;
}

static PyMethodDef methods[] = {
    {"poll", again_poll, METH_NOARGS, NULL},
    {"fail", again_fail, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int
again_traverse(PyObject *m, visitproc visit, void *arg)
{
    Py_VISIT(STATE(m)->error);
    Py_VISIT(STATE(m)->Poll_Type);
    Py_VISIT(STATE(m)->Box_Type);
    return 0;
}

static int
again_clear(PyObject *m)
{
    Py_CLEAR(STATE(m)->error);
    Py_CLEAR(STATE(m)->Poll_Type);
    Py_CLEAR(STATE(m)->Box_Type);
    return 0;
}

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "again",
    NULL,
    sizeof(module_state),
    methods,
    NULL,
    again_traverse,
    again_clear,
    NULL,
};

PyMODINIT_FUNC
PyInit_again(void)
{
    PyObject *m;
    m = PyState_FindModule(&definition);
    if (m != NULL) {
        Py_INCREF(m);
        return m;
    }
    if ((m = PyState_FindModule(&definition)) != NULL)
        return Py_NewRef(m);

    m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    STATE(m)->error = PyErr_NewException("again.error", NULL, NULL);
    if (STATE(m)->error == NULL)
        return NULL;
    Py_INCREF(STATE(m)->error);
    PyModule_AddObject(m, "error", STATE(m)->error);
    PyObject *Poll_Type = PyType_FromSpec(&poll_spec);
    if (Poll_Type == NULL)
        return NULL;
    STATE(m)->Poll_Type = (PyTypeObject *)Poll_Type;
    Py_INCREF(Poll_Type);
    PyObject *box = PyType_FromSpec(&box_spec);
    if (box == NULL)
        return NULL;
    STATE(m)->Box_Type = (PyTypeObject *)box;
    Py_INCREF(box);
    PyModule_AddObject(m, "Box", (PyObject *)STATE(m)->Box_Type);
    PyState_AddModule(m, &definition);
    return m;
}
