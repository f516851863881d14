"""modules.py FOLDER writes a project with several modules into FOLDER; modules.py --database FOLDER -- FLAG... its build folder."""

import json
import os
import subprocess
import sys

FILES = {
    "pyproject.toml": "",
    "src/one.c": """#define PY_SSIZE_T_CLEAN
#include <Python.h>
static PyObject *one_error;
PyObject *one_help(void);
static PyObject *one_fail(PyObject *self, PyObject *unused)
{
    PyErr_SetString(one_error, "no");
    return NULL;
}
static PyObject *one_get(PyObject *self, PyObject *unused)
{
    return one_help();
}
static PyMethodDef methods[] = {
    {"fail", one_fail, METH_NOARGS, NULL},
    {"get", one_get, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "one", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_one(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
    one_error = PyErr_NewException("one.error", NULL, NULL);
    Py_XINCREF(one_error);
    if (PyModule_AddObject(m, "error", one_error) < 0)
        return NULL;
    return m;
}
""",
    "src/one_help.c": """#include <Python.h>
static PyObject *one_cache;
PyObject *one_help(void);
PyObject *one_help(void)
{
    if (one_cache == NULL)
        one_cache = PyDict_New();
    Py_XINCREF(one_cache);
    return one_cache;
}
""",
    "src/two.c": """#include <Python.h>
#include <syslog.h>
static PyObject *last;
static PyObject *opened;
static PyObject *two_open(PyObject *self, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    if (text == NULL)
        return NULL;
    Py_INCREF(name);
    Py_XSETREF(opened, name);
    openlog(text, 0, 0);
    Py_RETURN_NONE;
}
static PyObject *two_keep(PyObject *self, PyObject *name)
{
    Py_INCREF(name);
    Py_XSETREF(last, name);
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = {
    {"open", two_open, METH_O, NULL},
    {"keep", two_keep, METH_O, NULL},
    {NULL, NULL, 0, NULL}
};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "two", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_two(void)
{
    return PyModule_Create(&def);
}
""",
    "src/broken.c": """#include <Python.h>
PyMODINIT_FUNC PyInit_broken(void) { return not_there; }
""",
    "src/tool.c": """#include <Python.h>
int main(void) { Py_Initialize(); return Py_FinalizeEx(); }
""",
}


def main():
    if sys.argv[1] == "--database":
        folder, flags = os.path.abspath(sys.argv[2]), sys.argv[4:]
        commands = []
        for module, names in (("one", ("one.c", "one_help.c")), ("two", ("two.c",))):
            for name in names:
                file = os.path.join(folder, "src", name)
                output = f"CMakeFiles/{module}.dir/src/{name}.o"
                commands.append({"directory": os.path.join(folder, "build"), "file": file, "output": output,
                                 "arguments": ["cc", *flags, "-fPIC", "-o", output, "-c", file]})
        os.makedirs(os.path.join(folder, "build"))
        with open(os.path.join(folder, "build", "compile_commands.json"), "w", encoding="utf-8") as f:
            json.dump(commands, f)
        return
    folder = sys.argv[1]
    for name, text in FILES.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    git = ["git", "-C", folder, "-c", "user.name=Test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "All of it"]):
        subprocess.run(git + command, check=True)


main()
