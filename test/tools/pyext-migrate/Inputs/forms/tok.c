/* Callbacks with a pointer of the user's, a table of functions, a cache in a function, a submodule. */
#include <Python.h>
#include <structmember.h>
#include <stdarg.h>

enum { TOK_NUM, TOK_WORD, TOK_END };

struct parser;
typedef int (*token_cb)(struct parser *p, void *user, int kind, const char *text, Py_ssize_t len);
typedef PyObject *(*maker)(const char *text, Py_ssize_t len);

struct parser {
    const char *text;
    Py_ssize_t pos, len;
    token_cb on_token;
    void *user;
};

static PyObject *TokenError;
static PyTypeObject TokenType;      /* struct sequence */
static int token_type_ready;
static PyObject *kinds[TOK_END + 1];
static PyObject *cache;             /* dict: text -> token */
static unsigned long hits, misses;
static PyObject *default_hook = NULL;

static PyStructSequence_Field token_fields[] = {
    {"kind", "what it is"},
    {"text", NULL},
    {"value", NULL},
    {NULL}
};

static PyStructSequence_Desc token_desc = {
    "tok.Token",
    "A token.",
    token_fields,
    3
};

static PyObject *make_number(const char *text, Py_ssize_t len);
static PyObject *make_word(const char *, Py_ssize_t);

static const struct {
    int kind;
    maker make;
} makers[] = {
    {TOK_NUM, make_number},
    {TOK_WORD, make_word},
};

static void
set_error(const char *format, ...)
{
    va_list va;
    PyObject *message;
    va_start(va, format);
    message = PyUnicode_FromFormatV(format, va);
    va_end(va);
    if (message != NULL) {
        PyErr_SetObject(PyExc_ValueError, message);
        Py_DECREF(message);
    }
}

static PyObject *
make_number(const char *text, Py_ssize_t len)
{
    PyObject *s = PyUnicode_FromStringAndSize(text, len), *n;
    if (s == NULL) return NULL;
    n = PyLong_FromUnicodeObject(s, 10);
    Py_DECREF(s);
    if (n == NULL)
        PyErr_Format(TokenError, "bad number of %zd digits", len);
    return n;
}

static PyObject *
make_word(const char *text, Py_ssize_t len)
{
    static PyObject *suffix = NULL;
    PyObject *s, *r;
    if (suffix == NULL && (suffix = PyUnicode_InternFromString("!")) == NULL)
        return NULL;
    s = PyUnicode_FromStringAndSize(text, len);
    if (s == NULL) return NULL;
    r = PyUnicode_Concat(s, suffix);
    Py_DECREF(s);
    return r;
}

static PyObject *
make_token(int kind, const char *text, Py_ssize_t len)
{
    PyObject *key, *token, *value;
    key = PyUnicode_FromStringAndSize(text, len);
    if (key == NULL)
        return NULL;
    token = PyDict_GetItemWithError(cache, key);
    if (token) {
        hits++;
        Py_DECREF(key);
        return Py_NewRef(token);
    }
    else if (PyErr_Occurred()) {
        Py_DECREF(key);
        return NULL;
    }
    ++misses;
    token = PyStructSequence_New(&TokenType);
    if (!token) {
        Py_DECREF(key);
        return NULL;
    }
    value = makers[kind].make(text, len);
    if (!value) {
        Py_DECREF(key);
        Py_DECREF(token);
        return NULL;
    }
    Py_INCREF(kinds[kind]);
    PyStructSequence_SET_ITEM(token, 0, kinds[kind]);
    Py_INCREF(key);
    PyStructSequence_SET_ITEM(token, 1, key);
    PyStructSequence_SET_ITEM(token, 2, value);
    if (PyDict_SetItem(cache, key, token) < 0)
        Py_CLEAR(token);
    Py_DECREF(key);
    return token;
}

static int
append_token(struct parser *p, void *user, int kind, const char *text, Py_ssize_t len)
{
    PyObject *token = make_token(kind, text, len);
    int r;
    if (token == NULL)
        return -1;
    r = PyList_Append((PyObject *)user, token);
    Py_DECREF(token);
    return r;
}

static int
call_hook(struct parser *p, void *user, int kind, const char *text, Py_ssize_t len)
{
    PyObject *hook = (PyObject *)user, *token, *r;
    if (hook == NULL)
        hook = default_hook;
    if (hook == NULL) {
        PyErr_SetString(TokenError, "no hook");
        return -1;
    }
    token = make_token(kind, text, len);
    if (token == NULL)
        return -1;
    r = PyObject_CallOneArg(hook, token);
    Py_DECREF(token);
    Py_XDECREF(r);
    return r ? 0 : -1;
}

static int
run(struct parser *p)
{
    while (p->pos < p->len) {
        Py_ssize_t start = p->pos;
        int kind;
        if (p->text[start] == ' ') { p->pos++; continue; }
        kind = Py_ISDIGIT(p->text[start]) ? TOK_NUM : TOK_WORD;
        while (p->pos < p->len && p->text[p->pos] != ' ')
            p->pos++;
        if (p->on_token(p, p->user, kind, p->text + start, p->pos - start) < 0)
            return -1;
    }
    return 0;
}

static PyObject *
tok_split(PyObject *module, PyObject *text)
{
    struct parser p = {NULL, 0, 0, append_token, NULL};
    PyObject *list;
    p.text = PyUnicode_AsUTF8AndSize(text, &p.len);
    if (p.text == NULL)
        return NULL;
    if (p.len > 1000) {
        set_error("too long: %zd", p.len);
        return NULL;
    }
    list = PyList_New(0);
    if (list == NULL)
        return NULL;
    p.user = list;
    if (run(&p) < 0)
        Py_CLEAR(list);
    return list;
}

static PyObject *
tok_each(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    struct parser p;
    if (nargs < 1 || nargs > 2) {
        PyErr_SetString(PyExc_TypeError, "one or two arguments");
        return NULL;
    }
    memset(&p, 0, sizeof p);
    p.text = PyUnicode_AsUTF8AndSize(args[0], &p.len);
    if (p.text == NULL)
        return NULL;
    p.on_token = call_hook;
    p.user = nargs > 1 ? args[1] : NULL;
    if (run(&p) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
tok_set_hook(PyObject *self, PyObject *hook)
{
    if (hook == Py_None)
        hook = NULL;
    else if (!PyCallable_Check(hook)) {
        PyErr_SetString(TokenError, "hook must be callable");
        return NULL;
    }
    Py_XINCREF(hook);
    Py_XSETREF(default_hook, hook);
    Py_RETURN_NONE;
}

static PyObject *
tok_stats(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    PyObject *result = Py_BuildValue("{s:k,s:k}", "hits", hits, "misses", misses);
    hits = misses = 0;
    return result;
}

static PyMethodDef tok_methods[] = {
    {"split", tok_split, METH_O, PyDoc_STR("tokens")},
    {"each", (PyCFunction)(void(*)(void))tok_each, METH_FASTCALL, NULL},
    {"set_hook", tok_set_hook, METH_O, NULL},
    {"stats", tok_stats, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

/* the submodule tok.kinds */
static PyModuleDef kinds_module = {
    PyModuleDef_HEAD_INIT, .m_name = "tok.kinds", .m_size = -1
};

static int
add_kinds(PyObject *m)
{
    static const char *const names[] = {"NUM", "WORD", "END"};
    PyObject *sub = PyModule_Create(&kinds_module);
    int i;
    if (sub == NULL)
        return -1;
    for (i = 0; i <= TOK_END; i++) {
        kinds[i] = PyUnicode_InternFromString(names[i]);
        if (kinds[i] == NULL || PyModule_AddObjectRef(sub, names[i], kinds[i]) < 0) {
            Py_DECREF(sub);
            return -1;
        }
    }
    if (PyModule_AddObject(m, "kinds", sub) < 0) {
        Py_DECREF(sub);
        return -1;
    }
    return 0;
}

static struct PyModuleDef tok_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tok",
    .m_doc = "Tokens.",
    .m_size = -1,
    .m_methods = tok_methods,
};

PyMODINIT_FUNC PyInit_tok(void)
{
    PyObject *m = PyModule_Create(&tok_module);

    if (m) {
        TokenError = PyErr_NewException("tok.TokenError", NULL, NULL);
        Py_XINCREF(TokenError);
        if (PyModule_AddObject(m, "TokenError", TokenError) < 0) {
            Py_XDECREF(TokenError);
            Py_CLEAR(TokenError);
            Py_DECREF(m);
            return NULL;
        }
        if (!token_type_ready) {
            if (PyStructSequence_InitType2(&TokenType, &token_desc) < 0) {
                Py_DECREF(m);
                return NULL;
            }
            token_type_ready = 1;
        }
        Py_INCREF(&TokenType);
        PyModule_AddObject(m, "Token", (PyObject *)&TokenType);
        if (add_kinds(m) < 0 || (cache = PyDict_New()) == NULL) {
            Py_DECREF(m);
            return NULL;
        }
    }
    return m;
}
