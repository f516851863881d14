static PyObject *
gathered_fail(PyObject *self, PyObject *text)
{
    (void)self;
    PyErr_SetObject(error, text);
    return NULL;
}
