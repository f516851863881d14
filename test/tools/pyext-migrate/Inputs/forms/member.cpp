// Methods, lambdas and functions with C linkage that nothing can be given to.
#include <Python.h>

#include <cstdlib>
#include <vector>

namespace {

PyObject *range_error;
long limit = 10;

enum class Order { Less, Same, More };

class Checker {
public:
    explicit Checker(long value) : value(value) {}
    bool check(PyObject *op) const
    {
        if (value > limit) {
            PyErr_Format(range_error, "%S is above %ld", op, limit);
            return false;
        }
        return true;
    }
    Order order(PyObject *op) const
    {
        const long other = PyLong_AsLong(op);
        return other > limit ? Order::More : other == limit ? Order::Same : Order::Less;
    }

private:
    long value;
};

extern "C" int
compare(const void *left, const void *right)
{
    PyObject *a = *static_cast<PyObject *const *>(left), *b = *static_cast<PyObject *const *>(right);
    const int less = PyObject_RichCompareBool(a, b, Py_LT);
    if (less < 0)
        PyErr_SetString(range_error, "cannot be sorted");
    return less > 0 ? -1 : 1;
}

PyObject *
member_check(PyObject *, PyObject *value)
{
    const long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred())
        return nullptr;
    const Checker checker(number);
    if (!checker.check(value))
        return nullptr;
    return PyLong_FromLong(static_cast<long>(checker.order(value)));
}

PyObject *
member_sort(PyObject *, PyObject *list)
{
    PyObject *sorted = PySequence_List(list);
    if (sorted == nullptr)
        return nullptr;
    std::vector<PyObject *> items;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(sorted); i++)
        items.push_back(PyList_GET_ITEM(sorted, i));
    std::qsort(items.data(), items.size(), sizeof(PyObject *), compare);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(sorted); i++)
        PyList_SET_ITEM(sorted, i, items[static_cast<size_t>(i)]);
    if (PyErr_Occurred()) {
        Py_DECREF(sorted);
        return nullptr;
    }
    return sorted;
}

PyObject *
member_set_limit(PyObject *, PyObject *value)
{
    limit = PyLong_AsLong(value);
    Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"check", member_check, METH_O, nullptr},
    {"sort", member_sort, METH_O, nullptr},
    {"set_limit", member_set_limit, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "member", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

} // namespace

PyMODINIT_FUNC
PyInit_member(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == nullptr)
        return nullptr;
    range_error = PyErr_NewException("member.RangeError", nullptr, nullptr);
    if (range_error == nullptr) {
        Py_DECREF(m);
        return nullptr;
    }
    Py_INCREF(range_error);
    if (PyModule_AddObject(m, "RangeError", range_error) < 0) {
        Py_DECREF(m);
        return nullptr;
    }
    return m;
}
