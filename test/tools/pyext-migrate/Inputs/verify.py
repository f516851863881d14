#!/usr/bin/env python3
"""Tests of `pyext-migrate --verify`: on shapes.c through the command, and on damaged modules through its script.

    verify.py --migrate PYEXT_MIGRATE --clang CLANG --headers FOLDER --source FOLDER --work FOLDER

The interpreter is the one that runs this script; PYEXT_TEST_INTERPRETERS names more of them.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

MODULE = r"""
#include <Python.h>
typedef struct { PyObject *type; PyObject *list; } State;
typedef struct { PyObject_HEAD } Thing;
static int thing_traverse(PyObject *self, visitproc visit, void *arg) {
    (void)self; (void)visit; (void)arg;
#ifndef NO_VISIT
    Py_VISIT(Py_TYPE(self));
#endif
    return 0;
}
static void thing_dealloc(PyObject *self) {
    PyTypeObject *tp = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    tp->tp_free(self);
    Py_DECREF(tp);
}
static PyObject *thing_module(PyObject *self, void *closure) {
    (void)self; (void)closure;
    return PyUnicode_FromString("elsewhere");
}
static PyGetSetDef thing_getset[] = {
#ifdef PROXY
    {"__module__", thing_module, NULL, NULL, NULL},
#else
    {"whose", thing_module, NULL, NULL, NULL},
#endif
    {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot thing_slots[] = {
    {Py_tp_getset, thing_getset}, {Py_tp_traverse, thing_traverse}, {Py_tp_dealloc, thing_dealloc}, {0, NULL}};
static PyType_Spec thing_spec = {
    "tiny.Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC FLAGS, thing_slots};
static PyObject *answer(PyObject *m, PyObject *unused) {
    (void)m; (void)unused;
    return PyLong_FromLong(ANSWER);
}
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static int tiny_exec(PyObject *m) {
    State *state = PyModule_GetState(m);
#ifdef CRASH
    *(volatile int *)0 = 0;
#endif
    state->type = PyType_FromModuleAndSpec(m, &thing_spec, NULL);
    if (state->type == NULL || PyModule_AddType(m, (PyTypeObject *)state->type) < 0)
        return -1;
#ifdef SHARED
    static PyObject *list;
    if (list == NULL)
        list = PyList_New(0);
    state->list = Py_NewRef(list);
#else
    state->list = PyList_New(0);
#endif
#ifdef LEAK
    Py_INCREF(state->list);
#endif
#ifdef LOSE
    Py_INCREF(state->type);
#endif
#ifdef DROP
    (void)!PyMem_RawMalloc(DROP);
#endif
    return state->list == NULL ? -1 : PyModule_AddObjectRef(m, LIST, state->list);
}
static int tiny_traverse(PyObject *m, visitproc visit, void *arg) {
    State *state = PyModule_GetState(m);
    Py_VISIT(state->type);
    Py_VISIT(state->list);
    return 0;
}
static int tiny_clear(PyObject *m) {
    State *state = PyModule_GetState(m);
    Py_CLEAR(state->type);
    Py_CLEAR(state->list);
    return 0;
}
static void tiny_free(void *m) { tiny_clear((PyObject *)m); }
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, tiny_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL}};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "tiny", .m_size = sizeof(State), .m_methods = methods, .m_slots = slots,
    .m_traverse = tiny_traverse, .m_clear = tiny_clear, .m_free = tiny_free};
PyMODINIT_FUNC PyInit_tiny(void) { return PyModuleDef_Init(&def); }
"""
DEFAULTS = {"FLAGS": "| Py_TPFLAGS_IMMUTABLETYPE", "ANSWER": "42", "LIST": '"list"'}
# What is wrong with the new one, and the line that says so.
DAMAGE = [
    ({}, "verified: nothing got worse"),
    ({"ANSWER": "43"}, r"FAIL .*: tests: 1 ran before, 1 failure, 1 ran, exit status 1 after; now failing: test \(__main__.T.*\)"),
    ({"LIST": '"liste"'}, r"FAIL .*: tiny: a user sees a difference\n +\| names: gone \['list'\], new \['liste'\]"),
    ({"FLAGS": ""}, r"FAIL .*: tiny: a user sees a difference\n +\| Thing: attributes can be set: False before, True after"),
    ({"CRASH": ""}, r"FAIL .*: tiny: cannot be imported any more\n +\| killed by signal 11"),
    ({"SHARED": ""}, r"FAIL .*: tiny: \d+ objects are shared\n +\| tiny\['list'\] is one object in interpreter 1 and in the main interpreter"),
    ({"LEAK": ""}, r"FAIL .*: tiny: 100 imports leak; for each: 1 objects"),
    ({"LOSE": ""}, r"FAIL .*: tiny: 100 imports leak; for each: \d+ objects.*; what stays: type Thing"),
    ({"DROP": "16"}, r"FAIL .*: tiny: 100 imports leak; for each: 0 objects, .*[ ,]16 bytes"),
    ({"NO_VISIT": ""}, r"FAIL .*: tiny: an instance that its module holds keeps type and module alive: Thing"),
    ({"SYNTAX": "", "ANSWER": "("}, r"FAIL .*: builds before and not after"),
]
OLD = """#include <Python.h>
static PyObject *Error;
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "old", NULL, -1, NULL, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_old(void) {
    PyObject *m = PyModule_Create(&def);
    if (m == NULL)
        return NULL;
    Error = PyErr_NewException("old.Error", NULL, NULL);
    if (PyModule_AddObjectRef(m, "Error", Error) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
"""
PRETENDED = """
import os, sys, sysconfig, warnings
wakes, real = os.environ["GIL_FOR"], sysconfig.get_config_var
sysconfig.get_config_var = lambda name: 1 if name == "Py_GIL_DISABLED" else real(name)
told = []
def enabled():
    if wakes and (wakes == "sys" or "tiny" in sys.modules) and not told and wakes != "sys":
        told.append(1)
    return wakes == "sys" or bool(told)
sys._is_gil_enabled = enabled
import importlib
load = importlib.import_module
def import_module(name, package=None):
    module = load(name, package)
    if wakes in ("tiny", "other"):
        warnings.warn(f"The global interpreter lock (GIL) has been enabled to load module '{wakes}', which has not declared", RuntimeWarning)
    return module
importlib.import_module = import_module
"""
TEST = "import tiny, unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(tiny.answer(), 42)\nunittest.main()\n"


def run(command, **keywords):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **keywords)


def demand(condition, text, result=None):
    if not condition:
        sys.exit(f"verify.py: error: {text}\n" + (result.stdout + result.stderr if result else ""))


def headers(folder, version):
    root = os.path.join(folder, "root-" + version, "usr", "include")
    return ["-isystem", os.path.join(root, "python" + version), "-isystem", root]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def tiny(changes):
    lines = [f"#define {name} {value}" for name, value in {**DEFAULTS, **changes}.items()]
    return "\n".join(lines) + MODULE


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--migrate", "--clang", "--headers", "--source", "--work"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    interpreters = [sys.executable] + [i for i in os.environ.get("PYEXT_TEST_INTERPRETERS", "").split(os.pathsep) if i]
    # Every interpreter with the headers of its version.
    choose = "{python} -c \"import sys; print('%d.%d' % sys.version_info[:2])\""
    includes = f"-isystem {args.headers}/root-$V/usr/include/python$V -isystem {args.headers}/root-$V/usr/include"

    def build(source, name):
        return f"V=$({choose}) && {shlex.quote(args.clang)} -shared -fPIC -O1 {includes} {source} -o {name}.so"

    shutil.rmtree(args.work, ignore_errors=True)
    project = os.path.join(args.work, "shapes")
    os.makedirs(project)
    original = os.path.join(HERE, "shapes.c")
    source = os.path.join(project, "shapes.c")
    shutil.copy(original, source)
    write(os.path.join(project, "pyproject.toml"), "")
    write(os.path.join(project, "test.py"), "import shapes, unittest\nclass T(unittest.TestCase):\n"
          "    def test(self):\n        self.assertEqual((1 + shapes.Point(1, 2)).x, 2)\nunittest.main()\n")
    command = [args.migrate, "--verify", "--quiet", "--build", build("shapes.c", "shapes"), "--test", "{python} test.py", "--benchmark", "echo 0.5"]
    after = [source, "--"] + headers(args.headers, "3.13")
    good = run(command + ["--apply", "--project", project] + [f"--python={i}" for i in interpreters[:1]] + after)
    demand(good.returncode == 0 and good.stdout.endswith("verified: nothing got worse\n"), "a good rewrite is not verified", good)
    for line in (": builds before and after\n", ": tests: same outcome: 1 ran\n", ": shapes: 100 imports and releases: 0 objects",
                 "objects each, none shared\n", ": speed: 0.5 s before, 0.5 s after (+0.0 %)"):
        demand(line in good.stdout, f"no line with '{line}'", good)
    with open(source, encoding="utf-8") as f:
        demand("PyModuleDef_Init" in f.read(), "--apply with --verify did not change the file")
    shutil.copy(original, source)
    bad = run([c.replace("{python} test.py", "! grep -q PyModuleDef_Init shapes.c") for c in command] + ["--apply"] + after)
    demand(bad.returncode == 3, "a failing test does not make the exit status 3", bad)
    with open(original, encoding="utf-8") as a, open(source, encoding="utf-8") as b:
        demand(a.read() == b.read(), "what did not pass was applied all the same")
    demand(not [n for n in os.listdir(project) if n not in ("shapes.c", "pyproject.toml", "test.py")], "the project was built in")
    lost = run([args.migrate, "--test", "true"] + after)
    demand(lost.returncode == 1 and "--test goes with --verify" in lost.stderr, "--test alone", lost)

    script = os.path.join(args.source, "tools", "pyext-migrate", "verify.py")
    project = os.path.join(args.work, "tiny")
    write(os.path.join(project, "tiny.c"), tiny({}))
    write(os.path.join(project, "test.py"), TEST)
    for number, (changes, expected) in enumerate(DAMAGE):
        new = os.path.join(args.work, f"new-{number}.c")
        write(new, tiny(changes))
        job = {"root": project, "build": build("tiny.c", "tiny"), "test": "{python} test.py", "benchmarks": [], "keep": False,
               "pythons": interpreters, "files": {"tiny.c": new},
               "modules": [{"name": "tiny", "claims_own_gil": True, "commands": []}]}
        write(os.path.join(args.work, "job.json"), json.dumps(job))
        result = run([sys.executable, "-B", script, os.path.join(args.work, "job.json")])
        demand(bool(re.search(expected, result.stdout)), f"{changes}: nothing like '{expected}'", result)
        demand(result.returncode == (1 if changes else 0), f"{changes}: exit status {result.returncode}", result)
        demand("nothing got worse" in result.stdout or len(re.findall("^FAIL", result.stdout, re.M)) >= len(interpreters),
               f"{changes}: not found with each interpreter", result)
    # A leak that was there before is none of the rewrite.
    leaking = os.path.join(args.work, "leaking")
    write(os.path.join(leaking, "tiny.c"), tiny({"LEAK": ""}))
    write(job["files"]["tiny.c"], tiny({"LEAK": "1"}))
    write(os.path.join(args.work, "job.json"), json.dumps({**job, "root": leaking, "test": ""}))
    same = run([sys.executable, "-B", script, os.path.join(args.work, "job.json")])
    demand(same.returncode == 0 and re.search("skip .*: tiny: 100 imports leak as they did before; for each: 1 objects", same.stdout), "a leak of before", same)

    write(os.path.join(leaking, "tiny.c"), tiny({"NO_VISIT": ""}))
    write(job["files"]["tiny.c"], tiny({"NO_VISIT": "1"}))
    same = run([sys.executable, "-B", script, os.path.join(args.work, "job.json")])
    demand(same.returncode == 0 and re.search("skip .* keeps it alive, as before: Thing\n", same.stdout), "what was kept before", same)

    # A type whose objects say that they are of another module.
    write(os.path.join(leaking, "tiny.c"), tiny({"PROXY": ""}))
    write(job["files"]["tiny.c"], tiny({"PROXY": "1"}))
    same = run([sys.executable, "-B", script, os.path.join(args.work, "job.json")])
    demand(same.returncode == 0 and re.search("ok .*: tiny: .* 1 types look the same\n", same.stdout), "a type that says what its object says", same)

    # Builds without the GIL are rare: this one is pretended. What is named in GIL_FOR turns it on.
    pretended = os.path.join(args.work, "pretended")
    write(os.path.join(pretended, "sitecustomize.py"), PRETENDED)
    for claim, wakes, expected in (
        (True, "", r"ok .*: tiny: the GIL stays off after its import\n"),
        (False, "tiny", r"skip .*: tiny: the GIL comes on at its import: the module does not claim to need none\n"),
        (False, "", r"ok .*: tiny: the GIL stays off after its import; the rewrite did not claim that\n"),
        (True, "tiny", r"FAIL .*: tiny: the GIL comes on at its import, though it claims to need none\n +\| .* load module 'tiny'"),
        (True, "other", r"skip .*: tiny: the GIL comes on for another module: .* load module 'other'"),
        (True, "sys", r"skip .*: tiny: the GIL is on before its import"),
    ):
        write(job["files"]["tiny.c"], tiny({}))
        write(os.path.join(args.work, "job.json"), json.dumps(
            {**job, "test": "", "pythons": interpreters[:1], "modules": [{**job["modules"][0], "claims_no_gil": claim}]}))
        result = run([sys.executable, "-B", script, os.path.join(args.work, "job.json")], env={**os.environ, "PYTHONPATH": pretended, "GIL_FOR": wakes})
        demand(re.search(expected, result.stdout), f"nothing like '{expected}'", result)
        demand(result.returncode == expected.startswith("FAIL"), f"'{expected}': exit status {result.returncode}", result)
    # The whole way: what the command claims is what is looked for.
    old = os.path.join(args.work, "old", "old.c")
    write(old, OLD)
    for level, expected in (("gil", "old: the GIL stays off after its import\n"), ("interpreters", "; the rewrite did not claim that\n")):
        claimed = run([args.migrate, "--verify", "--quiet", "--level=" + level, "--project", os.path.dirname(old), "--build", build("old.c", "old"),
                       f"--python={sys.executable}", old, "--"]
                      + headers(args.headers, "3.13"), env={**os.environ, "PYTHONPATH": pretended, "GIL_FOR": ""})
        demand(expected in claimed.stdout, f"--level={level}: no line with '{expected}'", claimed)

    job["benchmarks"] = ["grep -q NEW tiny.c && echo 1.1 || echo 1.0"]
    write(job["files"]["tiny.c"], "/* NEW */" + tiny({}))
    write(os.path.join(args.work, "job.json"), json.dumps(job))
    slow = run([sys.executable, "-B", script, os.path.join(args.work, "job.json")])
    demand(slow.returncode == 1 and "speed: 1 s before, 1.1 s after (+10.0 %)" in slow.stdout, "a slower module is not found", slow)


if __name__ == "__main__":
    main()
