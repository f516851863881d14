// RUN: %check_tidy %s cpython-state-self-lazy-init,cpython-state-self-field-incref-race,cpython-state-self-unguarded-rmw,cpython-state-static-buffer-return,cpython-state-unguarded-global-write %t -python=3.13,3.15 -no-fix

// "Nogil mode and extensions": a template that is parsed when it is used first.
#include <Python.h>

PyObject *parse(PyObject *source);
char *compile(PyObject *source, Py_ssize_t *size);

typedef struct {
  PyObject_HEAD
  PyObject *source;
  PyObject *tree;
  char *code;
  Py_ssize_t code_size;
  PyObject *last_user;
} Template;

// claim 2.2, claim 2.3: two threads find the field empty, both parse, both write; one result leaks, or is freed in use.
static PyObject *template_expand(Template *self, PyObject *unused) {
  if (self->tree == NULL) {
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'tree' of 'Template' is computed on first use without a lock; two threads in 'template_expand' can both find 'tree' missing, and one result is lost or freed while in use [cpython-state-self-lazy-init]
    self->tree = parse(self->source);
    if (self->tree == NULL)
      return NULL;
  }
  return Py_NewRef(self->tree);
}

// claim 2.4: of two fields one is set and the other is not.
static PyObject *template_run(Template *self, PyObject *unused) {
  if (!self->code)
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'code' and 'code_size' of 'Template' are computed on first use without a lock; two threads in 'template_run' can both find 'code' missing, and see some of them set and others not [cpython-state-self-lazy-init]
    self->code = compile(self->source, &self->code_size);
  return PyBytes_FromStringAndSize(self->code, self->code_size);
}

// claim 2.5: what one user left there another one is given.
static PyObject *template_for(Template *self, PyObject *user) {
  Py_XSETREF(self->last_user, Py_NewRef(user));
  // CHECK-MESSAGES: :[[@LINE-1]]:3: warning: 'template_for' replaces 'last_user' of 'Template' without a lock while another thread in the same function can be using it [cpython-state-self-field-incref-race]
  return PyUnicode_FromFormat("for %S", self->last_user);
}
static const char *greeting(const char *name) {
  static char line[64];
  // CHECK-MESSAGES: :[[@LINE-1]]:15: warning: 'line' is filled by 'greeting' and handed out by 'greeting'; the next call, on another thread, overwrites what the first caller is still reading [cpython-state-static-buffer-return]
  PyOS_snprintf(line, sizeof line, "Dear %s", name);
  return line;
}
static PyObject *template_greet(Template *self, PyObject *name) {
  return PyUnicode_FromString(greeting(PyUnicode_AsUTF8(name)));
}

static PyMethodDef template_methods[] = {{"expand", (PyCFunction)template_expand, METH_NOARGS, NULL},
                                         {"run", (PyCFunction)template_run, METH_NOARGS, NULL},
                                         {"for_user", (PyCFunction)template_for, METH_O, NULL},
                                         {"greet", (PyCFunction)template_greet, METH_O, NULL},
                                         {NULL, NULL, 0, NULL}};
PyTypeObject Template_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "demo.Template",
    .tp_basicsize = sizeof(Template),
    .tp_methods = template_methods,
};
