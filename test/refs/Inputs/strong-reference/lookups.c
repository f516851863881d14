/* One function per way to use a borrowed reference. Each is rewritten by the fix of cpython-refs-borrowed-ref-race, compiled
   and run: it must do the same as before and leave every reference count alone, on every path (strong_reference.py). */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Error paths are taken on request: by an argument that is 13. */
static int
check(PyObject *op)
{
    long value = PyLong_AsLong(op);
    if (value == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (value == 13) {
        PyErr_SetString(PyExc_ValueError, "thirteen");
        return -1;
    }
    return value > 100;
}

static PyObject *
twice(PyObject *op)
{
    return PyNumber_Add(op, op);
}

/* --- Lists --------------------------------------------------------------- */

static PyObject *
list_xincref(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    Py_XINCREF(item);
    return item;
}

static PyObject *
list_test_then_incref(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    if (item == NULL) {
        return NULL;
    }
    Py_INCREF(item);
    return item;
}

static PyObject *
list_new_ref(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    return item ? Py_NewRef(item) : NULL;
}

static PyObject *
list_new_ref_of_call(PyObject *m, PyObject *list)
{
    return Py_XNewRef(PyList_GetItem(list, 0));
}

static PyObject *
list_guarded_incref(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    if (item != NULL)
        Py_INCREF(item);
    return item;
}

static PyObject *
list_incref_for_use(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    if (item == NULL) {
        return NULL;
    }
    Py_INCREF(item);
    int rc = check(item);
    Py_DECREF(item);
    if (rc < 0) {
        return NULL;
    }
    return PyLong_FromLong(rc);
}

/* The Py_INCREF is not on every path. */
static PyObject *
list_incref_on_one_path(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    if (item == NULL) {
        return NULL;
    }
    int rc = check(item);
    if (rc < 0)
        return NULL;
    if (rc) {
        Py_INCREF(item);
        return item;
    }
    return twice(item);
}

/* Used after its own reference went into the tuple. */
static PyObject *
list_use_after_steal(PyObject *m, PyObject *list)
{
    PyObject *tuple = PyTuple_New(1);
    if (tuple == NULL)
        return NULL;
    PyObject *item = PyList_GetItem(list, 0);
    if (item == NULL) {
        Py_DECREF(tuple);
        return NULL;
    }
    Py_INCREF(item);
    PyTuple_SET_ITEM(tuple, 0, item);
    if (check(item) < 0) {
        Py_DECREF(tuple);
        return NULL;
    }
    return tuple;
}

static PyObject *
list_steal(PyObject *m, PyObject *list)
{
    PyObject *tuple = PyTuple_New(2);
    if (tuple == NULL)
        return NULL;
    for (int i = 0; i < 2; i++) {
        PyObject *item = PyList_GetItem(list, i);
        if (item == NULL) {
            Py_DECREF(tuple);
            return NULL;
        }
        Py_INCREF(item);
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

static PyObject *
list_loop(PyObject *m, PyObject *list)
{
    long sum = 0;
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *item = PyList_GetItem(list, i);
        if (item == NULL)
            return NULL;
        if (item == Py_None)
            continue;
        int rc = check(item);
        if (rc < 0) return NULL;
        if (rc) break;
        sum += PyLong_AsLong(item); /* the last use */
    }
    return PyLong_FromLong(sum);
}

static PyObject *
list_while(PyObject *m, PyObject *list)
{
    Py_ssize_t i = 0;
    PyObject *item;
    while (i < 100) {
        item = PyList_GetItem(list, i);
        i++;
        if (!item) {
            PyErr_Clear();
            break;
        }
        switch (check(item)) {
        case -1:
            return NULL;
        case 0:
            continue;
        default:
            goto found;
        }
    }
    Py_RETURN_NONE;
found:
    return PyLong_FromSsize_t(i);
}

static PyObject *
list_return_value(PyObject *m, PyObject *list)
{
    PyObject *item;
    item = PyList_GetItem(list, 0);
    if (!item)
        return NULL;
    return twice(item);
}

static PyObject *
list_return_or(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    if (item == NULL) return NULL;
    if (item == Py_None) Py_RETURN_NONE;
    return check(item) < 0 ? NULL : twice(item);
}

static PyObject *
list_nested(PyObject *m, PyObject *list)
{
    long value = PyLong_AsLong(PyList_GetItem(list, 0));
    if (value == -1 && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(value);
}

static PyObject *
list_nested_return(PyObject *m, PyObject *list)
{
    return PyNumber_Negative(PyList_GetItem(list, 0));
}

static PyObject *
list_condition(PyObject *m, PyObject *list)
{
    PyObject *item;
    if ((item = PyList_GetItem(list, 0)) == NULL)
        return NULL;
    return twice(item);
}

static PyObject *
list_of_tuples(PyObject *m, PyObject *list)
{
    Py_ssize_t total = 0;
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *pair = PyList_GetItem(list, i);
        PyObject *name;
        int count;
        if (pair == NULL) {
            return NULL;
        }
        if (!PyArg_ParseTuple(pair, "Oi", &name, &count)) {
            return NULL;
        }
        Py_ssize_t n = PyObject_Length(name);
        if (n < 0)
            return NULL;
        total += n * count;
    }
    return PyLong_FromSsize_t(total);
}

static PyObject *
list_text(PyObject *m, PyObject *list)
{
    const char *text = NULL;
    PyObject *item = PyList_GetItem(list, 0);
    if (item == NULL)
        return NULL;
    text = PyUnicode_AsUTF8(item);
    if (text == NULL)
        return NULL;
    return PyUnicode_FromFormat("<%s>", text);
}

static PyObject *
list_cleanup(PyObject *m, PyObject *list)
{
    PyObject *item, *sum = NULL, *half = NULL, *result = NULL;
    sum = PyLong_FromLong(1);
    if (sum == NULL)
        goto done;
    item = PyList_GetItem(list, 0);
    if (item == NULL)
        goto done;
    if (check(item) < 0)
        goto done;
    half = PyNumber_Add(item, sum);
    if (half == NULL) goto done;
    result = PyNumber_Multiply(half, sum);
done:
    Py_XDECREF(sum);
    Py_XDECREF(half);
    return result;
}

/* Used again after a call that can run any code. */
static PyObject *
list_across_call(PyObject *m, PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *item = PyList_GetItem(list, i);
        if (item == NULL)
            return NULL;
        PyObject *text = PyObject_Repr(item);
        if (text == NULL)
            return NULL;
        Py_DECREF(text);
        if (check(item) < 0)
            return NULL;
    }
    Py_RETURN_NONE;
}

/* Out of two loops at once, to a label that cleans up. */
static PyObject *
list_goto_out(PyObject *m, PyObject *list)
{
    PyObject *seen = PyList_New(0);
    Py_ssize_t i, j;
    if (seen == NULL)
        return NULL;
    for (i = 0; i < PyList_Size(list); i++) {
        PyObject *item = PyList_GetItem(list, i);
        if (item == NULL)
            goto error;
        for (j = 0; j < 2; j++) {
            int rc = check(item);
            if (rc < 0)
                goto error;
            if (rc > 0)
                goto done;
            if (PyList_Append(seen, item) < 0)
                goto error;
        }
    }
done:
    return seen;
error:
    Py_DECREF(seen);
    return NULL;
}

/* Two look-ups that are alive at the same time. */
static PyObject *
list_two(PyObject *m, PyObject *list)
{
    PyObject *first = PyList_GetItem(list, 0);
    if (first == NULL)
        return NULL;
    PyObject *second = PyList_GetItem(list, 1);
    if (second == NULL)
        return NULL;
    if (check(first) < 0 || check(second) < 0)
        return NULL;
    return PyNumber_Subtract(first, second);
}

/* --- Macros that cannot fail --------------------------------------------- */

static PyObject *
macro_loop(PyObject *m, PyObject *list)
{
    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "no list");
        return NULL;
    }
    PyObject *result = PyList_New(0);
    if (result == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        if (item == Py_None)
            continue;
        PyObject *value = twice(item);
        if (value == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        int rc = PyList_Append(result, value);
        Py_DECREF(value);
        if (rc < 0) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

static PyObject *
macro_incref(PyObject *m, PyObject *list)
{
    if (!PyList_Check(list) || PyList_GET_SIZE(list) < 1) {
        PyErr_SetString(PyExc_TypeError, "no list");
        return NULL;
    }
    PyObject *item = PyList_GET_ITEM(list, 0);
    Py_INCREF(item);
    return item;
}

static PyObject *
macro_sequence(PyObject *m, PyObject *op)
{
    PyObject *fast = PySequence_Fast(op, "no sequence");
    if (fast == NULL) {
        return NULL;
    }
    long sum = 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast); i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(fast, i);
        long value = PyLong_AsLong(item);
        if (value == -1 && PyErr_Occurred()) {
            Py_DECREF(fast);
            return NULL;
        }
        sum += value;
    }
    Py_DECREF(fast);
    return PyLong_FromLong(sum);
}

/* --- Dicts --------------------------------------------------------------- */

static PyObject *
dict_get(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    PyObject *value = PyDict_GetItem(dict, key);
    if (value == NULL)
        Py_RETURN_NONE;
    if (check(value) < 0)
        return NULL;
    Py_INCREF(value);
    return value;
}

static PyObject *
dict_get_with_error(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    PyObject *value = PyDict_GetItemWithError(dict, key);
    if (value == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_KeyError, key);
        }
        return NULL;
    }
    return Py_NewRef(value);
}

static PyObject *
dict_get_condition(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    if ((value = PyDict_GetItem(dict, key)))
        return twice(value);
    Py_RETURN_FALSE;
}

static PyObject *
dict_get_string(PyObject *m, PyObject *dict)
{
    PyObject *value = PyDict_GetItemString(dict, "name");
    if (value) {
        if (check(value) < 0) {
            return NULL;
        }
        else if (value == Py_None)
            Py_RETURN_TRUE;
        else
            return twice(value);
    }
    Py_RETURN_NONE;
}

static PyObject *
dict_get_or_default(PyObject *m, PyObject *dict)
{
    long number = 7;
    PyObject *value = PyDict_GetItemString(dict, "name");
    if (value != NULL) {
        number = PyLong_AsLong(value);
        if (number == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    return PyLong_FromLong(number);
}

/* The variable is set on one path only and is released at the end. */
static PyObject *
dict_get_maybe(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value, *result;
    value = NULL;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    if (key != Py_None) {
        value = PyDict_GetItem(dict, key);
    }
    if (value == NULL)
        result = PyLong_FromLong(0);
    else
        result = twice(value);
    return result;
}

static PyObject *
dict_setdefault(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value;
    if (!PyArg_ParseTuple(args, "OOO", &dict, &key, &value))
        return NULL;
    PyObject *found = PyDict_SetDefault(dict, key, value);
    if (found == NULL)
        return NULL;
    if (found == value)
        Py_RETURN_TRUE;
    return twice(found);
}

static PyObject *
dict_setdefault_kept(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value, *found;
    if (!PyArg_ParseTuple(args, "OOO", &dict, &key, &value))
        return NULL;
    found = PyDict_SetDefault(dict, key, value);
    Py_XINCREF(found);
    return found;
}

/* Error, missing and found, with one label for all. */
static PyObject *
dict_three_ways(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value, *result = NULL, *one = PyLong_FromLong(1);
    if (one == NULL)
        return NULL;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        goto done;
    value = PyDict_GetItemWithError(dict, key);
    if (value == NULL && PyErr_Occurred())
        goto done;
    if (value == NULL) {
        result = PyUnicode_FromString("missing");
        goto done;
    }
    if (check(value) < 0)
        goto done;
    result = PyNumber_Add(value, one);
done:
    Py_DECREF(one);
    return result;
}

static PyObject *
dict_new_ref(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    PyObject *value = Py_XNewRef(PyDict_GetItem(dict, key));
    if (value == NULL)
        Py_RETURN_NONE;
    return value;
}

static PyObject *
dict_in_switch(PyObject *m, PyObject *args)
{
    PyObject *dict, *value;
    int what;
    if (!PyArg_ParseTuple(args, "Oi", &dict, &what))
        return NULL;
    switch (what) {
    case 0:
        value = PyDict_GetItemString(dict, "name");
        if (value == NULL)
            break;
        if (check(value) < 0)
            return NULL;
        break;
    case 1:
        return PyNumber_Negative(PyDict_GetItemString(dict, "name"));
    default:
        break;
    }
    return PyLong_FromLong(what);
}

/* --- Weak references and modules ----------------------------------------- */

static PyObject *
weak_none(PyObject *m, PyObject *ref)
{
    PyObject *op = PyWeakref_GetObject(ref);
    if (op == Py_None) {
        PyErr_SetString(PyExc_ReferenceError, "gone");
        return NULL;
    }
    return PyObject_Repr(op);
}

static PyObject *
weak_object(PyObject *m, PyObject *ref)
{
    PyObject *op = PyWeakref_GetObject(ref);
    Py_XINCREF(op);
    return op;
}

static PyObject *
weak_both(PyObject *m, PyObject *ref)
{
    PyObject *op = PyWeakref_GetObject(ref);
    if (op == NULL)
        return NULL;
    if (op == Py_None)
        Py_RETURN_FALSE;
    return PyObject_Type(op);
}

#if PY_VERSION_HEX < 0x030F0000 /* The macro is gone in 3.15. */
static PyObject *
weak_macro(PyObject *m, PyObject *ref)
{
    PyObject *op = PyWeakref_GET_OBJECT(ref);
    if (op == Py_None)
        Py_RETURN_FALSE;
    return PyObject_Type(op);
}
#endif

static PyObject *
sys_length(PyObject *m, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    if (text == NULL)
        return NULL;
    PyObject *value = PySys_GetObject(text);
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "no such attribute");
        return NULL;
    }
    Py_ssize_t n = PyObject_Length(value);
    if (n < 0)
        return NULL;
    return PyLong_FromSsize_t(n);
}

static PyObject *
module_dict_size(PyObject *m, PyObject *ignored)
{
    PyObject *module = PyImport_AddModule("strong_reference_probe");
    if (module == NULL)
        return NULL;
    PyObject *dict = PyModule_GetDict(module);
    return PyLong_FromSsize_t(PyDict_Size(dict) > 0);
}

/* --- Where the reference needs a scope ------------------------------------ */

static PyObject *
list_in_case(PyObject *m, PyObject *list)
{
    int rc = 0;
    switch (PyList_Size(list)) {
    case 0:
        Py_RETURN_NONE;
    case 1:
        check(PyList_GetItem(list, 0));
        break;
    case 2:
        rc = check(PyList_GetItem(list, 1));
        if (rc < 0)
            return NULL;
        break;
    default:
        rc = check(PyList_GetItem(list, 2));
    }
    if (PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(rc);
}

static PyObject *
list_labelled(PyObject *m, PyObject *list)
{
    if (PyList_Size(list) > 1)
        goto second;
    Py_RETURN_NONE;
second:
    check(PyList_GetItem(list, 1));
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_TRUE;
}

static PyObject *
list_without_braces(PyObject *m, PyObject *list)
{
    int rc = 0;
    if (PyList_Size(list) > 1)
        rc += check(PyList_GetItem(list, 1));
    else
        rc -= check(PyList_GetItem(list, 0));
    for (Py_ssize_t i = 0; i < PyList_Size(list) && rc >= 0; i++)
        rc += check(PyList_GetItem(list, i));
    do
        rc += check(PyList_GetItem(list, 0));
    while (rc == 77);
    if (PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(rc);
}

static PyObject *
list_two_alike(PyObject *m, PyObject *list)
{
    check(PyList_GetItem(list, 0));
    check(PyList_GetItem(list, 1));
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
list_returns_in_one_block(PyObject *m, PyObject *list)
{
    PyObject *item = PyList_GetItem(list, 0);
    if (item == NULL)
        return NULL;
    if (check(item) < 0)
        goto other;
    return twice(item);
other:
    PyErr_Clear();
    return PyObject_Repr(item);
}

static PyObject *
list_two_in_call(PyObject *m, PyObject *list)
{
    return Py_BuildValue("(OO)", PyList_GetItem(list, 0), PyList_GetItem(list, 1));
}

/* --- Defaults ------------------------------------------------------------ */

static PyObject *
dict_get_string_default(PyObject *m, PyObject *dict)
{
    PyObject *value = PyDict_GetItemString(dict, "name");
    if (value == NULL)
        value = Py_None;
    return PyObject_Str(value);
}

static PyObject *
dict_get_string_new_default(PyObject *m, PyObject *dict)
{
    PyObject *value = PyDict_GetItemString(dict, "name");
    if (value != NULL) {
        Py_INCREF(value);
    }
    else {
        value = PyLong_FromLong(3000);
        if (value == NULL)
            return NULL;
    }
    PyObject *result = PyTuple_Pack(1, value);
    Py_DECREF(value);
    return result;
}

static PyObject *
dict_get_string_default_first(PyObject *m, PyObject *dict)
{
    PyObject *value = PyDict_GetItemString(dict, "name");
    if (!value) {
        value = PyLong_FromLong(3000);
        if (value == NULL)
            return NULL;
    }
    else
        Py_INCREF(value);
    return value;
}

static PyObject *
dict_get_string_or(PyObject *m, PyObject *dict)
{
    PyObject *value = PyDict_GetItemString(dict, "name");
    PyObject *shown = value ? value : Py_None;
    return PyObject_Repr(shown);
}

static PyObject *
dict_get_error_default(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key))
        return NULL;
    PyObject *value = PyDict_GetItemWithError(dict, key);
    if (value == NULL) {
        if (PyErr_Occurred())
            return NULL;
        value = Py_None;
    }
    Py_INCREF(value);
    return value;
}

/* --- Two look-ups into one variable ---------------------------------------- */

/* The variable is used again for something else. */
static PyObject *
dict_one_after_the_other(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value;
    long total = 0;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key)) {
        return NULL;
    }
    value = PyDict_GetItemString(dict, "name");
    if (value != NULL) {
        int large = check(value);
        if (large < 0) {
            return NULL;
        }
        total += large;
    }
    value = PyDict_GetItemWithError(dict, key);
    if (value == NULL) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        return PyLong_FromLong(total);
    }
    return PyNumber_Add(value, Py_True);
}

static PyObject *
dict_chain(PyObject *m, PyObject *args)
{
    PyObject *dict, *key;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key)) {
        return NULL;
    }
    PyObject *value = PyDict_GetItemWithError(dict, key);
    if (value == NULL && !PyErr_Occurred()) {
        value = PyDict_GetItemString(dict, "name");
    }
    if (value == NULL) {
        return NULL;
    }
    int large = check(value);
    if (large < 0) {
        return NULL;
    }
    return large ? twice(value) : Py_NewRef(value);
}

static PyObject *
dict_chain_condition(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key)) {
        return NULL;
    }
    if ((value = PyDict_GetItem(dict, key)) == NULL)
        if ((value = PyDict_GetItemString(dict, "name")) == NULL) {
            PyErr_SetObject(PyExc_KeyError, key);
            return NULL;
        }
    if (check(value) < 0) {
        return NULL;
    }
    Py_INCREF(value);
    return value;
}

static PyObject *
dict_chain_three(PyObject *m, PyObject *args)
{
    PyObject *dict, *key, *value;
    if (!PyArg_ParseTuple(args, "OO", &dict, &key)) {
        return NULL;
    }
    value = PyDict_GetItemString(dict, "none");
    if (value == NULL) {
        value = PyDict_GetItem(dict, key);
    }
    if (value == NULL) {
        value = PyDict_GetItemString(dict, "name");
    }
    if (value == NULL) {
        Py_RETURN_NONE;
    }
    switch (check(value)) {
    case -1:
        return NULL;
    case 0:
        return Py_NewRef(value);
    default:
        break;
    }
    return twice(value);
}

static PyMethodDef methods[] = {
    {"list_xincref", list_xincref, METH_O, NULL},
    {"list_test_then_incref", list_test_then_incref, METH_O, NULL},
    {"list_new_ref", list_new_ref, METH_O, NULL},
    {"list_new_ref_of_call", list_new_ref_of_call, METH_O, NULL},
    {"list_guarded_incref", list_guarded_incref, METH_O, NULL},
    {"list_incref_for_use", list_incref_for_use, METH_O, NULL},
    {"list_incref_on_one_path", list_incref_on_one_path, METH_O, NULL},
    {"list_use_after_steal", list_use_after_steal, METH_O, NULL},
    {"list_steal", list_steal, METH_O, NULL},
    {"list_loop", list_loop, METH_O, NULL},
    {"list_while", list_while, METH_O, NULL},
    {"list_return_value", list_return_value, METH_O, NULL},
    {"list_return_or", list_return_or, METH_O, NULL},
    {"list_nested", list_nested, METH_O, NULL},
    {"list_nested_return", list_nested_return, METH_O, NULL},
    {"list_condition", list_condition, METH_O, NULL},
    {"list_of_tuples", list_of_tuples, METH_O, NULL},
    {"list_text", list_text, METH_O, NULL},
    {"list_cleanup", list_cleanup, METH_O, NULL},
    {"list_across_call", list_across_call, METH_O, NULL},
    {"list_goto_out", list_goto_out, METH_O, NULL},
    {"list_two", list_two, METH_O, NULL},
    {"macro_loop", macro_loop, METH_O, NULL},
    {"macro_incref", macro_incref, METH_O, NULL},
    {"macro_sequence", macro_sequence, METH_O, NULL},
    {"dict_get", dict_get, METH_VARARGS, NULL},
    {"dict_get_with_error", dict_get_with_error, METH_VARARGS, NULL},
    {"dict_get_condition", dict_get_condition, METH_VARARGS, NULL},
    {"dict_get_string", dict_get_string, METH_O, NULL},
    {"dict_get_or_default", dict_get_or_default, METH_O, NULL},
    {"dict_get_maybe", dict_get_maybe, METH_VARARGS, NULL},
    {"dict_setdefault", dict_setdefault, METH_VARARGS, NULL},
    {"dict_setdefault_kept", dict_setdefault_kept, METH_VARARGS, NULL},
    {"dict_three_ways", dict_three_ways, METH_VARARGS, NULL},
    {"dict_new_ref", dict_new_ref, METH_VARARGS, NULL},
    {"dict_in_switch", dict_in_switch, METH_VARARGS, NULL},
    {"list_in_case", list_in_case, METH_O, NULL},
    {"list_labelled", list_labelled, METH_O, NULL},
    {"list_without_braces", list_without_braces, METH_O, NULL},
    {"list_two_alike", list_two_alike, METH_O, NULL},
    {"list_returns_in_one_block", list_returns_in_one_block, METH_O, NULL},
    {"list_two_in_call", list_two_in_call, METH_O, NULL},
    {"dict_get_string_default", dict_get_string_default, METH_O, NULL},
    {"dict_get_string_new_default", dict_get_string_new_default, METH_O, NULL},
    {"dict_get_string_default_first", dict_get_string_default_first, METH_O, NULL},
    {"dict_get_string_or", dict_get_string_or, METH_O, NULL},
    {"dict_get_error_default", dict_get_error_default, METH_VARARGS, NULL},
    {"dict_one_after_the_other", dict_one_after_the_other, METH_VARARGS, NULL},
    {"dict_chain", dict_chain, METH_VARARGS, NULL},
    {"dict_chain_condition", dict_chain_condition, METH_VARARGS, NULL},
    {"dict_chain_three", dict_chain_three, METH_VARARGS, NULL},
    {"weak_none", weak_none, METH_O, NULL},
    {"weak_object", weak_object, METH_O, NULL},
    {"weak_both", weak_both, METH_O, NULL},
#if PY_VERSION_HEX < 0x030F0000
    {"weak_macro", weak_macro, METH_O, NULL},
#endif
    {"sys_length", sys_length, METH_O, NULL},
    {"module_dict_size", module_dict_size, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "lookups", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_lookups(void)
{
    return PyModuleDef_Init(&definition);
}
