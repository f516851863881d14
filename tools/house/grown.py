#!/usr/bin/env python3
"""Sources that grow in one direction each, for measure_cost.py.

`SHAPES` maps a name to what it counts, a size whose cost can be measured, and a function from a size to a C source. The costs at the size and
at ten times the size are compared: a cost that grows much more than tenfold will one day make somebody's file the one that
never ends.

    grown.py NAME SIZE     prints one of them
"""

import sys
from typing import Callable, Dict, List, NamedTuple

HEAD = "#include <Python.h>\nstatic PyObject *cache;\n"

# One step of a function: a borrowed reference used across a call, a global read and written.
STEP = """\
  {
    PyObject *item = PyList_GetItem(list, %(n)d);
    if (item == NULL) return NULL;
    Py_INCREF(item);
    if (PyObject_SetAttrString(item, "value", cache) < 0) { Py_DECREF(item); return NULL; }
    Py_XSETREF(cache, item);
  }
"""
OBJECT = """\
typedef struct { PyObject_HEAD %(fields)s } Box;
%(functions)s
static PyMethodDef box_methods[] = {%(methods)s {NULL, NULL, 0, NULL}};
static void box_dealloc(PyObject *self) { PyTypeObject *tp = Py_TYPE(self); %(clear)s tp->tp_free(self); Py_DECREF(tp); }
static PyType_Slot box_slots[] = {{Py_tp_methods, box_methods}, {Py_tp_dealloc, (void *)box_dealloc}, {0, NULL}};
static PyType_Spec box_spec = {"grown.Box", sizeof(Box), 0, Py_TPFLAGS_DEFAULT, box_slots};
static int grown_exec(PyObject *m) { PyObject *t = PyType_FromModuleAndSpec(m, &box_spec, NULL); return t ? PyModule_AddType(m, (PyTypeObject *)t) : -1; }
"""


def function(name: str, body: str, arguments: str = "PyObject *self, PyObject *list") -> str:
    return f"static PyObject *{name}({arguments}) {{\n{body}  Py_RETURN_NONE;\n}}\n"


def module(methods: List[str], extra: str = "") -> str:
    rows = "".join(f'{{"{name}", {name}, METH_O, NULL}}, ' for name in methods)
    return f"""{extra}static PyMethodDef methods[] = {{{rows} {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "grown", NULL, 0, methods, NULL, NULL, NULL, NULL}};
PyMODINIT_FUNC PyInit_grown(void) {{ return PyModuleDef_Init(&module); }}
"""


def step(n: int) -> str:
    return STEP % {"n": n}


def one(body: str, before: str = "") -> str:
    """A module of one function."""
    return HEAD + before + function("method", body) + module(["method"])


def boxed(fields: str, functions: str, methods: str, clear: str) -> str:
    """A module with one type."""
    names = {"fields": fields, "functions": functions, "methods": methods, "clear": clear}
    return HEAD + OBJECT % names + """\
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)grown_exec}, {0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "grown", NULL, 0, NULL, slots, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_grown(void) { return PyModuleDef_Init(&module); }
"""


def file(n: int) -> str:
    names = [f"method_{i}" for i in range(n)]
    return HEAD + "".join(function(name, "".join(step(k) for k in range(10))) for name in names) + module(names)


def long_function(n: int) -> str:
    return one("".join(step(k) for k in range(n)))


def plain_function(n: int) -> str:
    """Nothing the checks look for: what every file pays."""
    return one("  int x = 0;\n" + "".join(f"  x = x * {k} + (x >> 3);\n  if (x > {k}) x -= 7;\n" for k in range(n)) +
               "  if (x == 5) return NULL;\n")


def global_variables(n: int) -> str:
    names = [f"method_{i}" for i in range(n)]
    return (HEAD + "".join(f"static PyObject *object_{i};\nstatic int counter_{i};\n" for i in range(n)) +
            "".join(function(f"method_{i}", f"  counter_{i}++;\n  if (object_{i} == NULL) object_{i} = PyList_New(counter_{(i + 1) % n});\n")
                    for i in range(n)) + module(names))


def one_function_many_globals(n: int) -> str:
    return one("".join(f"  counter_{i}++;\n  if (object_{i} == NULL) object_{i} = PyList_New(0);\n" for i in range(n)),
               "".join(f"static PyObject *object_{i};\nstatic int counter_{i};\n" for i in range(n)))


def one_global_many_uses(n: int) -> str:
    names = [f"method_{i}" for i in range(n)]
    return (HEAD + "static int counter;\n" +
            "".join(function(name, "  counter++;\n  if (cache == NULL) cache = PyList_New(counter);\n") for name in names) + module(names))


def fields(n: int) -> str:
    members = "".join(f"PyObject *o{i}; int c{i};\n" for i in range(n))
    functions = "".join(function(f"box_m{i}", f"  Box *b = (Box *)self;\n  b->c{i}++;\n  Py_XSETREF(b->o{i}, Py_NewRef(list));\n"
                                              f"  if (b->o{(i + 1) % n}) return Py_NewRef(b->o{(i + 1) % n});\n") for i in range(n))
    methods = "".join(f'{{"m{i}", box_m{i}, METH_O, NULL}}, ' for i in range(n))
    clear = " ".join(f"Py_CLEAR(((Box *)self)->o{i});" for i in range(n))
    return boxed(members, functions, methods, clear)


def one_field_many_methods(n: int) -> str:
    functions = "".join(function(f"box_m{i}", "  Box *b = (Box *)self;\n  b->c++;\n  Py_XSETREF(b->o, Py_NewRef(list));\n") for i in range(n))
    methods = "".join(f'{{"m{i}", box_m{i}, METH_O, NULL}}, ' for i in range(n))
    return boxed("PyObject *o; int c;", functions, methods, "Py_CLEAR(((Box *)self)->o);")


def call_chain(n: int) -> str:
    """helper_0 calls helper_1 calls ... : each hands its list and a borrowed reference on."""
    parts = [HEAD, function("helper_0", step(0))]
    for i in range(1, n):
        parts.append(function(f"helper_{i}", f"  PyObject *item = PyList_GetItem(list, {i});\n  if (!helper_{i - 1}(item, list)) return NULL;\n"
                                             "  cache = item;\n"))
    return "".join(parts) + function("method", f"  return helper_{n - 1}(self, list);\n") + module(["method"])


def call_chain_backwards(n: int) -> str:
    """As call_chain, but callers stand before what they call."""
    parts = [HEAD] + [f"static PyObject *helper_{i}(PyObject *, PyObject *);\n" for i in range(n)]
    for i in range(n - 1):
        parts.append(function(f"helper_{i}", f"  PyObject *item = PyList_GetItem(list, {i});\n  if (!helper_{i + 1}(item, list)) return NULL;\n"
                                             "  cache = item;\n"))
    return "".join(parts) + function(f"helper_{n - 1}", step(0)) + function("method", "  return helper_0(self, list);\n") + module(["method"])


def call_ring(n: int) -> str:
    """Each calls the next and the one after it, round in a ring."""
    parts = [HEAD] + [f"static PyObject *helper_{i}(PyObject *, PyObject *);\n" for i in range(n)]
    for i in range(n):
        parts.append(function(f"helper_{i}", f"  PyObject *item = PyList_GetItem(list, {i});\n  if (!helper_{(i + 1) % n}(item, list)) return NULL;\n"
                                             f"  if (!helper_{(i + 2) % n}(self, item)) return NULL;\n  cache = item;\n"))
    return "".join(parts) + function("method", "  return helper_0(self, list);\n") + module(["method"])


def call_fan(n: int) -> str:
    """One helper, many callers."""
    names = [f"method_{i}" for i in range(n)]
    return (HEAD + function("helper", step(0)) +
            "".join(function(name, "  PyObject *item = PyList_GetItem(list, 0);\n  return helper(self, item);\n") for name in names) + module(names))


def call_fan_locked(n: int) -> str:
    """One helper that writes a global, many callers with a lock, one without."""
    names = [f"method_{i}" for i in range(n)]
    return (HEAD + "static PyThread_type_lock lock;\nstatic int counter;\nstatic void helper(void) { counter++; }\n" +
            "".join(function(name, "  PyThread_acquire_lock(lock, 1);\n  helper();\n  PyThread_release_lock(lock);\n") for name in names) +
            function("bare", "  helper();\n") + module(names + ["bare"]))


def types(n: int) -> str:
    parts = [HEAD]
    for i in range(n):
        parts.append(f"typedef struct {{ PyObject_HEAD PyObject *o; }} T{i};\n")
        parts.append(function(f"t{i}_get", f"  Py_XSETREF(((T{i} *)self)->o, Py_NewRef(list));\n"))
        parts.append(f'static PyMethodDef t{i}_methods[] = {{{{"get", t{i}_get, METH_O, NULL}}, {{NULL, NULL, 0, NULL}}}};\n')
        parts.append(f'static PyTypeObject T{i}_Type = {{PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "grown.T{i}", '
                     f".tp_basicsize = sizeof(T{i}), .tp_methods = t{i}_methods}};\n")
    ready = "".join(f"  if (PyType_Ready(&T{i}_Type) < 0) return NULL;\n" for i in range(n))
    return "".join(parts) + function("method", ready) + module(["method"])


def nested_blocks(n: int) -> str:
    return one("".join(f"  if (PyList_GET_SIZE(list) > {i}) {{\n  PyObject *item{i} = PyList_GetItem(list, {i});\n  Py_XSETREF(cache, Py_NewRef(item{i}));\n"
                       for i in range(n)) + "}" * n + "\n")


def nested_macros(n: int) -> str:
    lines = ["#define M0(x) PyList_GetItem(x, 0)\n"] + [f"#define M{i}(x) M{i - 1}(x)\n" for i in range(1, n)]
    return one(f"  {{\n  PyObject *item = M{n - 1}(list);\n  PyObject_SetAttrString(list, \"x\", item);\n  }}\n" * 20, "".join(lines))


def macro_uses(n: int) -> str:
    return one("".join(f"  GET({i});\n" for i in range(n)),
               "#define GET(i) do { PyObject *item = PyList_GetItem(list, i); if (item == NULL) return NULL; Py_INCREF(item); "
               "Py_XSETREF(cache, item); } while (0)\n")


def live_references(n: int) -> str:
    """All borrowed references of a function are alive at once, over as many calls."""
    return one("".join(f"  PyObject *item{i} = PyList_GetItem(list, {i});\n" for i in range(n)) +
               "".join(f"  PyObject_SetAttrString(item{i}, \"x\", item{n - 1 - i});\n" for i in range(n)))


def live_references_in_loop(n: int) -> str:
    return one("".join(f"  PyObject *item{i} = NULL;\n" for i in range(n)) + "  for (int k = 0; k < 10; k++) {\n" +
               "".join(f"    PyObject_SetAttrString(list, \"x\", item{i});\n    item{i} = PyList_GetItem(list, {i});\n" for i in range(n)) + "  }\n")


def switch_cases(n: int) -> str:
    return one("  PyObject *item = NULL;\n  for (int k = 0; k < 100; k++) switch (k) {\n" +
               "".join(f"  case {i}: item = PyList_GetItem(list, {i}); if (item == cache) break; Py_XSETREF(cache, Py_NewRef(item)); break;\n"
                       for i in range(n)) + "  }\n")


def cleanup_label(n: int) -> str:
    return one("  PyObject *item = NULL;\n" +
               "".join(f"  item = PyList_GetItem(list, {i});\n  if (item == NULL) goto done;\n  Py_XSETREF(cache, Py_NewRef(item));\n" for i in range(n)) +
               "done:\n  if (item == NULL) return NULL;\n")


def locks(n: int) -> str:
    return one("".join(f"  PyThread_acquire_lock(lock_{i}, 1);\n  counter_{i}++;\n" for i in range(n)) +
               "".join(f"  PyThread_release_lock(lock_{i});\n" for i in range(n)),
               "".join(f"static PyThread_type_lock lock_{i};\nstatic int counter_{i};\n" for i in range(n)))


def lock_regions(n: int) -> str:
    return one("".join(f"  Py_BEGIN_ALLOW_THREADS\n  work({i});\n  Py_END_ALLOW_THREADS\n  PyThread_acquire_lock(lock, 1);\n  counter += {i};\n"
                       "  PyThread_release_lock(lock);\n" for i in range(n)),
               "static PyThread_type_lock lock;\nstatic int counter;\nextern void work(int);\n")


def long_expression(n: int) -> str:
    return one("  long x = " + " + ".join(f"PyList_GET_SIZE(list) * {i}" for i in range(n)) + ";\n  if (x == 3) return NULL;\n")


def else_chain(n: int) -> str:
    return one("  long x = PyLong_AsLong(self);\n  PyObject *item = NULL;\n" +
               " else ".join(f"  if (x == {i}) item = PyList_GetItem(list, {i});\n" for i in range(n)) + "  Py_XSETREF(cache, Py_NewRef(item));\n")


def table_rows(n: int) -> str:
    return one("  Py_XSETREF(cache, PyLong_FromLong(table[PyLong_AsLong(list)].value));\n",
               "static struct { const char *name; int value; void *pointer; } table[] = {\n" +
               "".join(f'  {{"name{i}", {i}, (void *)&cache}},\n' for i in range(n)) + "};\n")


def function_pointers(n: int) -> str:
    """Helpers that are only called through a table."""
    names = [f"helper_{i}" for i in range(n)]
    return (HEAD + "".join(function(name, step(0)) for name in names) +
            "static PyObject *(*table[])(PyObject *, PyObject *) = {" + ", ".join(names) + "};\n" +
            function("method", f"  return table[PyList_GET_SIZE(list) % {n}](self, list);\n") + module(["method"]))


def preprocessor_branches(n: int) -> str:
    return one("".join(f"#if PY_VERSION_HEX >= 0x030{i % 10:x}0000\n  if (cache == list) return NULL;\n#else\n  cache = list;\n#endif\n" for i in range(n)))


def comments_and_lines(n: int) -> str:
    return HEAD + "/* a line of documentation, as generated code has many */\n" * n + function("method", step(0)) + module(["method"])


class Shape(NamedTuple):
    counts: str
    size: int
    source: Callable[[int], str]


SHAPES: Dict[str, Shape] = {
    "file": Shape("functions of ten steps", 40, file),
    "function": Shape("steps of one function", 200, long_function),
    "plain-function": Shape("statements without the C API", 1000, plain_function),
    "globals": Shape("globals, a function for each", 150, global_variables),
    "globals-in-function": Shape("globals of one function", 150, one_function_many_globals),
    "global-uses": Shape("functions that use one global", 200, one_global_many_uses),
    "fields": Shape("fields of one type, a method for each", 100, fields),
    "field-uses": Shape("methods that use one field", 150, one_field_many_methods),
    "call-depth": Shape("functions that call the one before", 150, call_chain),
    "call-depth-backwards": Shape("functions that call the one behind", 150, call_chain_backwards),
    "call-ring": Shape("functions that call each other in a ring", 100, call_ring),
    "callers": Shape("callers of one function", 200, call_fan),
    "callers-with-lock": Shape("callers of one function, with a lock", 200, call_fan_locked),
    "types": Shape("static types", 60, types),
    "nested-blocks": Shape("blocks in each other", 25, nested_blocks),
    "nested-macros": Shape("macros in each other", 100, nested_macros),
    "macro-uses": Shape("uses of one macro", 200, macro_uses),
    "live-references": Shape("borrowed references alive at once", 100, live_references),
    "loop-references": Shape("borrowed references carried round a loop", 60, live_references_in_loop),
    "switch": Shape("cases in a loop", 150, switch_cases),
    "goto": Shape("jumps to one label", 200, cleanup_label),
    "locks": Shape("locks held at once", 60, locks),
    "regions": Shape("detached and locked regions", 150, lock_regions),
    "expression": Shape("operands of one expression", 100, long_expression),
    "else-if": Shape("links of an else-if chain", 25, else_chain),
    "table": Shape("rows of a table", 1000, table_rows),
    "pointers": Shape("functions called through a table", 150, function_pointers),
    "conditions": Shape("#if in one function", 200, preprocessor_branches),
    "comments": Shape("lines of comment", 20000, comments_and_lines),
}


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        sys.exit(f"usage: grown.py NAME SIZE; names: {', '.join(SHAPES)}")
    print(SHAPES[sys.argv[1]].source(int(sys.argv[2])), end="")
