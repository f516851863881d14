#!/usr/bin/env python3
"""Holds pyext-tidy against input that nobody writes, and that somebody's build will hand it.

    hostile.py [--large] [--only NAME] TOOL -- PYTHON-FLAGS

Each case is a source with the exit status it must have and, for what cannot be analysed, what must be said. None may crash, run
longer than its limit of CPU time, or end without a word. Sizes are small unless --large is given: then functions have 50,000 lines, and
one case may take a minute.
"""

import argparse
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from typing import Dict, List, NamedTuple, Optional

PYTHON = "#include <Python.h>\n"
DOES_NOT_COMPILE = r"error: .*does not compile with these flags"
NO_PYTHON = r"error: .*Python\.h (is not included|was not found)"
MODULE = """\
static PyMethodDef methods[] = {{"f", f, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "hostile", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_hostile(void) { return PyModuleDef_Init(&module); }
"""
OPEN = "static PyObject *cache;\nstatic PyObject *f(PyObject *self, PyObject *list) {\n"
CLOSE = "  Py_RETURN_NONE;\n}\n"
STEP = "  { PyObject *o = PyList_GetItem(list, %d); if (!o) return NULL; PyObject_SetAttrString(o, \"x\", self); Py_XSETREF(cache, Py_NewRef(o)); }\n"


class Case(NamedTuple):
    source: bytes
    status: int = 0
    says: Optional[str] = None  # What stdout or stderr must contain; None: nothing in particular.
    name: str = "hostile.c"
    flags: List[str] = []


def body(text: str, before: str = "", after: str = "") -> bytes:
    return (PYTHON + before + OPEN + text + CLOSE + after + MODULE).encode()


def cases(large: bool) -> Dict[str, Case]:
    many = 10 if large else 1
    finding = "cpython-refs-borrowed"
    borrowed = "  PyObject *o = PyList_GetItem(list, 0);\n  PyObject_SetAttrString(o, \"x\", self);\n"
    result = {
        "empty": Case(b"", 1, NO_PYTHON),
        "only-a-nul": Case(b"\0", 1, NO_PYTHON),
        "no-newline": Case(PYTHON.encode()[:-1], 0),
        "byte-order-mark": Case(b"\xef\xbb\xbf" + body(borrowed), 0, finding),
        "utf-16": Case(b"\xff\xfe" + body(borrowed).decode().encode("utf-16-le"), 1, r"UTF-16|" + DOES_NOT_COMPILE),
        "crlf": Case(body(borrowed).replace(b"\n", b"\r\n"), 0, finding),
        "carriage-returns": Case(body(borrowed).replace(b"\n", b"\r"), 0, finding),
        "form-feeds": Case(body(borrowed).replace(b"\n", b"\n\f"), 0, finding),
        "nul-in-text": Case(body(borrowed).replace(b"list, 0", b"list,\0 0"), 0, finding),
        "nul-in-string": Case(body(borrowed).replace(b'"x"', b'"x\0y"'), 0, finding),
        "nul-at-end": Case(body(borrowed) + b"\0\0\0", 0, finding),
        "bad-utf-8-in-comment": Case(b"/* \xff\xfe \xc3 \xe4\xf6\xfc */\n" + body(borrowed), 0, finding),
        "bad-utf-8-in-string": Case(body(borrowed).replace(b'"x"', b'"\xe4\xff"'), 0, finding),
        "bad-utf-8-in-name": Case(body(borrowed).replace(b"cache", b"c\xffche"), 1, DOES_NOT_COMPILE),
        "bad-utf-8-in-printed-code": Case(body(borrowed).replace(b"list, 0);", b"list, 0); /* \xff\xc3 */"), 0, finding),
        "unicode-names": Case(body(borrowed).replace(b"cache", "größe".encode()), 0, finding),
        "backslash-at-end": Case(body(borrowed) + b"// \\", 0, finding),
        "unterminated-comment": Case(body(borrowed) + b"/* ", 1, DOES_NOT_COMPILE),
        "unterminated-string": Case(body(borrowed).replace(b'"x"', b'"x'), 1, DOES_NOT_COMPILE),
        "unterminated-if": Case(body(borrowed) + b"#if 1\n", 1, DOES_NOT_COMPILE),
        "cut-in-a-function": Case(body(STEP % 1)[:-len(MODULE) - 40], 1, DOES_NOT_COMPILE),
        "cut-in-a-macro": Case(body("  Py_BEGIN_ALLOW_THREADS\n")[:-len(MODULE) - 20], 1, DOES_NOT_COMPILE),
        "missing-header": Case(PYTHON.encode() + b'#include "no/such.h"\n' + body(borrowed), 1, DOES_NOT_COMPILE),
        "no-python-flags": Case(body(borrowed), 1, r"Python\.h was not found", flags=["-nostdinc"]),
        "includes-itself": Case(PYTHON.encode() + b'#include "hostile.c"\n', 1, DOES_NOT_COMPILE),
        "binary": Case(bytes(range(256)) * 20, 1, NO_PYTHON + "|" + DOES_NOT_COMPILE),
        "not-c": Case(b"import os\ndef f(x):\n    return x[1:]\n" * 50, 1, NO_PYTHON + "|" + DOES_NOT_COMPILE),
        "cpp-as-c": Case(PYTHON.encode() + b"#include <vector>\nclass A { virtual ~A(); };\n", 1, DOES_NOT_COMPILE),
        "errors-everywhere": Case(body("  @ undeclared(1, ; \n  PyObject *o = PyList_GetItem(lost, ); o->;\n  goto nowhere;\n" * 100), 1, DOES_NOT_COMPILE),
        "error-types": Case(body("  Unknown *u = PyList_GetItem(list, 0);\n  u->x = PyDict_GetItem(u, self);\n  Py_INCREF(u->x);\n",
                                 "typedef struct { PyObject_HEAD Lost x; int y[lost]; } Bad;\n"), 1, DOES_NOT_COMPILE),
        "bad-tables": Case((PYTHON + "static PyObject *f(PyObject *s, PyObject *a) { return s; }\n"
                            "static PyMethodDef m[] = {{\"f\", (PyCFunction)f, lost, 0}, {0}, {1, 2, 3, 4, 5}};\n"
                            "static struct PyModuleDef d = {lost, .m_slots = &d, .m_methods = m + 1};\n"
                            "static PyModuleDef_Slot s[] = {{Py_mod_exec}, {99999, 0}, {lost, f}};\n"
                            "PyMODINIT_FUNC PyInit_x(void) { return PyModuleDef_Init(&lost); }\n").encode(), 1, DOES_NOT_COMPILE),
        "odd-tables": Case((PYTHON + "static PyObject *f(PyObject *s, PyObject *a) { return s; }\n"
                            "static PyMethodDef m[0];\nstatic PyModuleDef_Slot none[] = {};\n"
                            "extern PyMethodDef other[];\nextern PyType_Slot types[];\n"
                            "static PyType_Spec spec = {0};\nstatic PyType_Spec spec2 = {.slots = types};\n"
                            "static struct PyModuleDef d = {.m_methods = other, .m_slots = none};\n"
                            "static struct PyModuleDef e;\n"
                            "static PyTypeObject t = {0}, *tp = &t, ta[2];\n"
                            "PyMODINIT_FUNC PyInit_x(void) { return PyModuleDef_Init(&d); }\n"
                            "PyMODINIT_FUNC PyInit_y(void);\nPyMODINIT_FUNC PyInit_z(void) { return PyInit_z(); }\n").encode(), 0),
        "line-directives": Case(body("#line 2147483647 \"/no/such/file.c\"\n" + borrowed + "#line 1 \"\"\n" + borrowed.replace("*o", "*p").replace("(o", "(p")), 0),
        "long-line": Case(body(borrowed + "  /*" + "x" * 1000000 * many + "*/" + borrowed.replace("*o", "*p").replace("(o", "(p").replace("\n", "")), 0, finding),
        "long-name": Case(body(borrowed).replace(b"cache", b"c" * 100000), 0, finding),
        "long-string": Case(body(borrowed).replace(b'"x"', b'"' + b"x" * 60000 + b'"'), 0, finding),
        "calls-itself": Case(body("  return f(self, PyList_GetItem(list, 0));\n"), 0),
        "calls-in-a-ring": Case(body("  return g(self, list);\n", "static PyObject *g(PyObject *, PyObject *);\n",
                                     "static PyObject *h(PyObject *s, PyObject *o) { cache = PyList_GetItem(o, 0); return f(s, cache); }\n"
                                     "static PyObject *g(PyObject *s, PyObject *o) { PyObject *i = PyList_GetItem(o, 0); h(s, i); return h(i, o); }\n"), 0),
        "deep-calls": Case(body("  return g0(self, list);\n",
                                "".join(f"static PyObject *g{i}(PyObject *, PyObject *);\n" for i in range(500 * many)),
                                "".join(f"static PyObject *g{i}(PyObject *s, PyObject *o) {{ return g{i + 1}(s, PyList_GetItem(o, {i})); }}\n"
                                        for i in range(500 * many - 1)) + f"static PyObject *g{500 * many - 1}(PyObject *s, PyObject *o) {{ return s; }}\n"), 0),
        "deep-blocks": Case(body("  if (list) {\n" * 200 + STEP % 1 + "  }\n" * 200), 0, finding),
        "too-deep-blocks": Case(body("  if (list) {\n" * 3000 + STEP % 1 + "  }\n" * 3000), 1, DOES_NOT_COMPILE),
        "deep-parentheses": Case(body("  PyObject *o = " + "(" * 200 + "PyList_GetItem(list, 0)" + ")" * 200 + ";\n  PyObject_SetAttrString(o, \"x\", self);\n"), 0, finding),
        "deep-conditionals": Case(body("  PyObject *o = " + "self == list ? self : " * 200 + "PyList_GetItem(list, 0);\n  PyObject_SetAttrString(o, \"x\", self);\n"), 0),
        "deep-calls-in-calls": Case(body("  PyObject *o = " + "PyList_GetItem(" * 100 + "list" + ", 0)" * 100 + ";\n  Py_INCREF(o);\n"), 0, finding),
        "deep-macros": Case(body("  PyObject *o = M%d(list);\n  PyObject_SetAttrString(o, \"x\", self);\n" % (500 * many),
                                 "#define M0(x) PyList_GetItem(x, 0)\n" + "".join(f"#define M{i}(x) M{i - 1}(x)\n" for i in range(1, 500 * many + 1))), 0, finding),
        "wide-macros": Case(body("  long n = 0; M12(n);\n", "#define M0(n) n += PyList_GET_SIZE(list)\n" +
                                 "".join(f"#define M{i}(n) M{i - 1}(n); M{i - 1}(n)\n" for i in range(1, 13))), 0),
        "macro-names-itself": Case(body("  PyList_GetItem(list, 0);\n", "#define PyList_GetItem(a, b) PyList_GetItem(PyList_GetItem(a, b), b)\n"), 0),
        "hidden-api": Case(PYTHON.encode() + b"#define PyObject struct lost\n#define PyList_GetItem(...) 0\n#undef Py_DECREF\n#define Py_DECREF(x) for (;;)\n"
                           b"static void f(void) { Py_DECREF(1) { PyList_GetItem(2); } }\n", 0),
        "long-sum": Case(body("  long n = " + " + ".join(["PyList_GET_SIZE(list)"] * 500 * many) + ";\n  if (n == 3) return NULL;\n"), 0),
        "long-else-if": Case(body("  long n = PyLong_AsLong(self);\n" + " else ".join(f"  if (n == {i}) cache = PyList_GetItem(list, {i});\n" for i in range(200))), 0),
        "long-function": Case(body("".join(STEP % i for i in range(50000 if large else 300))), 0, finding),
        "long-plain-function": Case(body("  int x = 0;\n" + "".join(f"  x = x * {i} + 3;\n  if (x > {i}) x -= 7;\n" for i in range(2500 * many)) +
                                         "  if (x == 3) return NULL;\n"), 0),
        "many-labels": Case(body("  int i = 0;\n" + "".join(f"l{i}: if (PyList_GetItem(list, {i}) == self && i++ < 10) goto l{(i * 7) % 100};\n" for i in range(100))), 0),
        "computed-goto": Case(body("  static void *t[] = {&&a, &&b, &&c};\n  PyObject *o = NULL;\n  goto *t[PyList_GET_SIZE(list)];\na: o = PyList_GetItem(list, 0);\n"
                                   "  goto *t[1];\nb: PyObject_SetAttrString(list, \"x\", o);\n  goto *t[2];\nc:;\n"), 0),
        "jump-into-a-lock": Case(body("  if (self == list) goto in;\n  Py_BEGIN_ALLOW_THREADS\nin:;\n  Py_END_ALLOW_THREADS\n  Py_BEGIN_CRITICAL_SECTION(list);\n"
                                      "  if (self) goto in;\n  Py_END_CRITICAL_SECTION();\n"), 0),
        "ends-nowhere": Case(body("  for (;;) PyList_GetItem(list, 0);\n"), 0),
        "statement-expressions": Case(body("  PyObject *o = ({ PyObject *p = ({ PyList_GetItem(list, 0); }); if (!p) return NULL; p; });\n  PyObject_SetAttrString(o, \"x\", self);\n"), 0),
        "odd-declarations": Case(body("  int n = 3; int v[n]; extern int far; static struct { PyObject *o; } s[2];\n  s[n].o = PyList_GetItem(list, v[0] + far);\n"
                                      "  struct L { struct L *next; PyObject *o; } *l = 0; while (l) l = l->next;\n  (void)_Generic(n, int: 1, default: 2);\n"
                                      "  (void)sizeof(int[n]);\n  (void)(struct L){0, list};\n  asm volatile(\"\" ::: \"memory\");\n"), 0),
        "old-style-function": Case((PYTHON + "PyObject *old(self, list) PyObject *self, *list; { PyObject *o = PyList_GetItem(list, 0); "
                                    "PyObject_SetAttrString(o, \"x\", self); return 0; }\n").encode(), 0),
        "large-table": Case(body("", "static int table[] = {" + "1," * (20000 * many) + "};\n"
                                 "static struct { const char *n; void *p; } rows[] = {" + '{"a", table},' * (2000 * many) + "};\n"), 0),
        "cpp-recursive-template": Case((PYTHON + "template <int N> struct T { static PyObject *f(PyObject *o) { return T<N + 1>::f(PyList_GetItem(o, N)); } };\n"
                                        "PyObject *g(PyObject *o) { return T<0>::f(o); }\n").encode(), 1, DOES_NOT_COMPILE, "hostile.cpp"),
        "cpp-many-instances": Case((PYTHON + "template <int N> struct T { static PyObject *f(PyObject *o) { PyObject *i = PyList_GetItem(o, N); Py_INCREF(i); return T<N - 1>::f(i); } };\n"
                                    "template <> struct T<0> { static PyObject *f(PyObject *o) { return o; } };\nPyObject *g(PyObject *o) { return T<300>::f(o); }\n").encode(), 0, None, "hostile.cpp"),
        "cpp-odd": Case((PYTHON + "#include <functional>\nstruct H { PyObject *o; H(PyObject *p) : o(p) {} ~H() { Py_XDECREF(o); } operator PyObject *() { return o; } };\n"
                         "namespace { thread_local H h{nullptr}; static H g = []() { return H(PyDict_New()); }(); }\n"
                         "auto f = [](auto... x) { return (PyList_GetItem(x, 0), ...); };\n"
                         "PyObject *k(PyObject *a) try { static H s{PyList_GetItem(a, 0)}; f(a, s, h, g); throw 1; } catch (...) { return PyList_GetItem(a, 1); }\n"
                         "struct B { virtual PyObject *m(PyObject *) = 0; }; struct D : virtual B { PyObject *m(PyObject *x) override { return PyList_GetItem(x, 0); } };\n"
                         "template <class X> auto t(X x) -> decltype(x()) { return x(); }\nPyObject *q(PyObject *l) { return t([&] { return PyList_GetItem(l, 0); }); }\n"
                         "enum class E { a }; constexpr int z(E) { return 1; } int y[z(E::a)];\n").encode(), 0, None, "hostile.cpp"),
    }
    return result


def main() -> int:
    arguments = sys.argv[1:]
    split = arguments.index("--")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only", metavar="REGEX")
    parser.add_argument("--seconds", type=int, default=0, help="of CPU time, for one case (default: 60, with --large 240)")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("tool")
    options = parser.parse_args(arguments[:split])
    limit = options.seconds or (240 if options.large else 60)
    failed = count = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, case in cases(options.large).items():
            if options.only and not re.search(options.only, name):
                continue
            count += 1
            path = os.path.join(folder, name, case.name)
            os.mkdir(os.path.dirname(path))
            with open(path, "wb") as file:
                file.write(case.source)
            command = [options.tool, "--checks=-*,cpython-*", path, "--", *(case.flags or arguments[split + 1:]), "-w",
                       "-std=c++17" if path.endswith("cpp") else "-std=gnu11", "-ferror-limit=20", "-Wno-error"]
            start = time.time()

            def bound() -> None:
                resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))

            try:
                # By the clock only what waits: on a busy machine a good input takes long.
                result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30 * limit, preexec_fn=bound)
                status, text = result.returncode, result.stdout.decode(errors="replace")
                if status in (-signal.SIGXCPU, -signal.SIGKILL):
                    status = None
            except subprocess.TimeoutExpired:
                status, text = None, ""
            problem = None
            if status is None:
                problem = f"no end after {limit:.0f} s"
            elif status < 0 or status >= 128 or "Stack dump" in text or "AddressSanitizer" in text or "runtime error:" in text:
                problem = f"crash, status {status}"
            elif status != case.status:
                problem = f"status {status} instead of {case.status}"
            elif case.says and not re.search(case.says, text):
                problem = f"does not say '{case.says}'"
            elif status and "error: " not in text:
                problem = "fails without saying why"
            if problem or options.verbose:
                print(f"{name}: {problem or 'good'} ({time.time() - start:.1f} s)", flush=True)
            if problem:
                failed += 1
                lines = [line for line in text.splitlines() if len(line) < 300]
                print("    " + "\n    ".join(lines[-25:]))
    print(f"{count - failed} of {count} cases hold")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
