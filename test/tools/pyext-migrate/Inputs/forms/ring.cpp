// The C API in C++: an unnamed namespace, a class that holds objects, a converter of arguments.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <deque>
#include <memory>
#include <string>
#include <new>

namespace {

PyObject *RingError = nullptr;
PyObject *str_append;
int live_rings = 0;

struct Options {
    bool strict;
    int limit;
};

Options defaults = {false, 100};

class Storage {
public:
    explicit Storage(size_t limit) : limit_(limit) {}
    ~Storage() { clear(); }
    bool push(PyObject *o) {
        if (items_.size() >= limit_)
            return false;
        Py_INCREF(o);
        items_.push_back(o);
        return true;
    }
    PyObject *pop() {
        if (items_.empty())
            return nullptr;
        PyObject *o = items_.front();
        items_.pop_front();
        return o;
    }
    void clear() {
        while (!items_.empty()) {
            PyObject *o = items_.front();
            items_.pop_front();
            Py_DECREF(o);
        }
    }
    size_t size() const { return items_.size(); }
    template <typename F> int each(F f) const {
        for (PyObject *o : items_)
            if (int r = f(o))
                return r;
        return 0;
    }
private:
    std::deque<PyObject *> items_;
    size_t limit_;
};

struct Ring {
    PyObject_HEAD
    Storage *storage;
    PyObject *name;
};

extern PyTypeObject RingType;

inline bool ring_check(PyObject *o) { return PyObject_TypeCheck(o, &RingType); }

int limit_converter(PyObject *o, void *p) {
    long v = PyLong_AsLong(o);
    if (v == -1 && PyErr_Occurred())
        return 0;
    if (v > defaults.limit) {
        PyErr_Format(RingError, "limit %ld is more than %d", v, defaults.limit);
        return 0;
    }
    *static_cast<int *>(p) = (int)v;
    return 1;
}

PyObject *ring_new(PyTypeObject *type, PyObject *args, PyObject *kwds) {
    int limit = defaults.limit;
    static const char *kwlist[] = {"limit", "name", nullptr};
    PyObject *name = nullptr;
    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|O&O", const_cast<char **>(kwlist), limit_converter, &limit, &name))
        return nullptr;
    Ring *self = reinterpret_cast<Ring *>(type->tp_alloc(type, 0));
    if (!self)
        return nullptr;
    try {
        self->storage = new Storage(limit);
    } catch (const std::bad_alloc &) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    Py_XINCREF(name);
    self->name = name;
    ++live_rings;
    return reinterpret_cast<PyObject *>(self);
}

void ring_dealloc(Ring *self) {
    PyObject_GC_UnTrack(self);
    delete self->storage;
    Py_XDECREF(self->name);
    --live_rings;
    Py_TYPE(self)->tp_free(reinterpret_cast<PyObject *>(self));
}

int ring_traverse(Ring *self, visitproc visit, void *arg) {
    Py_VISIT(self->name);
    if (self->storage)
        return self->storage->each([&](PyObject *o) { return visit(o, arg); });
    return 0;
}

int ring_clear(Ring *self) {
    Py_CLEAR(self->name);
    if (self->storage)
        self->storage->clear();
    return 0;
}

PyObject *ring_push(Ring *self, PyObject *o) {
    if (!self->storage->push(o)) {
        if (defaults.strict) {
            PyErr_SetString(RingError, "full");
            return nullptr;
        }
        Py_RETURN_FALSE;
    }
    Py_RETURN_TRUE;
}

PyObject *ring_pop(Ring *self, PyObject *) {
    PyObject *o = self->storage->pop();
    if (!o)
        PyErr_SetString(RingError, "empty");
    return o;
}

PyObject *ring_extend(Ring *self, PyObject *other) {
    if (!ring_check(other))
        return PyErr_Format(PyExc_TypeError, "not a ring: %R", other);
    Ring *from = (Ring *)other;
    from->storage->each([self](PyObject *o) { self->storage->push(o); return 0; });
    Py_RETURN_NONE;
}

PyObject *ring_copy_to(Ring *self, PyObject *list) {
    PyObject *name = str_append;
    int failed = self->storage->each([list, name](PyObject *o) {
        PyObject *r = PyObject_CallMethodObjArgs(list, name, o, nullptr);
        Py_XDECREF(r);
        return r ? 0 : 1;
    });
    if (failed)
        return nullptr;
    Py_RETURN_NONE;
}

Py_ssize_t ring_len(PyObject *self) {
    return static_cast<Py_ssize_t>(reinterpret_cast<Ring *>(self)->storage->size());
}

PyMethodDef ring_methods[] = {
    {"push", (PyCFunction)ring_push, METH_O, nullptr},
    {"pop", (PyCFunction)ring_pop, METH_NOARGS, nullptr},
    {"extend", reinterpret_cast<PyCFunction>(ring_extend), METH_O, nullptr},
    {"copy_to", (PyCFunction)ring_copy_to, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr}
};

PyMemberDef ring_members[] = {
    {(char *)"name", T_OBJECT, offsetof(Ring, name), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}
};

PySequenceMethods ring_as_sequence = { ring_len };

PyTypeObject RingType = {
    PyVarObject_HEAD_INIT(nullptr, 0)
    "ring.Ring",                /* tp_name */
    sizeof(Ring),               /* tp_basicsize */
    0,                          /* tp_itemsize */
    (destructor)ring_dealloc,   /* tp_dealloc */
    0, 0, 0, 0, 0, 0,
    &ring_as_sequence,          /* tp_as_sequence */
    0, 0, 0, 0, 0, 0, 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    "Ring(limit)",              /* tp_doc */
    (traverseproc)ring_traverse,
    (inquiry)ring_clear,
    0, 0, 0, 0,
    ring_methods,
    ring_members,
    0, 0, 0, 0, 0, 0, 0, 0,
    ring_new,
};

PyObject *set_defaults(PyObject *, PyObject *args) {
    int strict;
    if (!PyArg_ParseTuple(args, "p|i", &strict, &defaults.limit))
        return nullptr;
    defaults.strict = strict != 0;
    Py_RETURN_NONE;
}

PyObject *count(PyObject *, PyObject *) {
    return PyLong_FromLong(live_rings);
}

PyMethodDef functions[] = {
    {"set_defaults", set_defaults, METH_VARARGS, nullptr},
    {"count", count, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}
};

struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, "ring", nullptr, -1, functions, nullptr, nullptr, nullptr, nullptr
};

} // namespace

PyMODINIT_FUNC PyInit_ring() {
    if (PyType_Ready(&RingType) < 0)
        return nullptr;
    PyObject *m = PyModule_Create(&def);
    if (m == nullptr)
        return nullptr;
    RingError = PyErr_NewException("ring.RingError", PyExc_RuntimeError, nullptr);
    Py_XINCREF(RingError);
    Py_INCREF(&RingType);
    if (!(str_append = PyUnicode_InternFromString("append"))
        || PyModule_AddObject(m, "RingError", RingError) < 0
        || PyModule_AddObject(m, "Ring", reinterpret_cast<PyObject *>(&RingType)) < 0) {
        Py_DECREF(m);
        return nullptr;
    }
    return m;
}
