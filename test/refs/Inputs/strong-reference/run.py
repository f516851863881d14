#!/usr/bin/env python3
"""Fixes lookups.c, whiles.c, uniques.c, loops.c and inserts.c, compiles them as they were and fixed, and has probe.py run both.

    run.py --driver PYEXT_TIDY --clang CLANG --headers FOLDER --work FOLDER

Once per way to support several versions of Python: with the version guard, with pythoncapi_compat.h and, on 3.13 and newer,
with the new functions alone. The interpreter is the one that runs this script; PYEXT_TEST_INTERPRETERS names more of them.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LOOKUP = re.compile(r"\b(PyList_GetItem|PyList_GET_ITEM|PySequence_Fast_GET_ITEM|PyDict_GetItem\w*|PyDict_SetDefault|PyWeakref_GetObject|PyWeakref_GET_OBJECT|PySys_GetObject|PyImport_AddModule)\(")
# By name: the checks, how their fixes are applied, what they speak of and the ways to support several versions.
SOURCES = {
    "lookups": ("cpython-refs-borrowed-ref-race,cpython-refs-sequence-fast-shared", "--fix", LOOKUP, ("guard", "compat", "direct")),
    "whiles": ("cpython-refs-borrowed-ref-race", "--fix", LOOKUP, ("compat", "direct")),
    "uniques": ("cpython-refs-refcnt-uniqueness", "--fix", re.compile(r"\bPy_REFCNT\("), ("guard",)),
    "inserts": ("cpython-refs-container-check-then-act", "--fix-notes", re.compile(r"\bPyDict_SetItem\("), ("compat", "direct")),
    "loops": ("cpython-refs-dict-next-unlocked", "--fix-notes", re.compile(r"\bPyDict_Next\("), ("guard", "direct")),
}


def run(command, **keywords):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)


def demand(condition, text, output=""):
    if not condition:
        sys.exit(f"run.py: error: {text}\n{output}")


def about(interpreter):
    code = "import sys, sysconfig; print('%d.%d' % sys.version_info[:2]); print(sysconfig.get_path('include')); print(sysconfig.get_config_var('EXT_SUFFIX'))"
    result = run([interpreter, "-c", code])
    demand(result.returncode == 0, f"{interpreter} does not run", result.stdout)
    return result.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--driver", "--clang", "--headers", "--work"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    interpreters = [sys.executable] + [i for i in os.environ.get("PYEXT_TEST_INTERPRETERS", "").split(os.pathsep) if i]
    for interpreter in interpreters:
        version, include, suffix = about(interpreter)
        flags = ["-I", include, "-I", os.path.dirname(include)]
        if not os.path.exists(os.path.join(include, "Python.h")):
            root = os.path.join(args.headers, "root-" + version, "usr", "include")
            flags = ["-I", os.path.join(root, "python" + version), "-I", root]
        flags += ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers", "-Wno-deprecated-declarations"]
        for name in SOURCES:
            prove(args, name, interpreter, version, suffix, flags)


def prove(args, stem, interpreter, version, suffix, flags):
    checks, fix, spoken_of, wanted = SOURCES[stem]
    finding = re.compile(r"\[(?:%s)\]" % checks.replace(",", "|"))
    source = os.path.join(HERE, stem + ".c")
    with open(source, encoding="utf-8") as f:
        text = f.read()
    expected = len(spoken_of.findall(text))
    ways = {"guard": ["3.9", "none"], "compat": ["3.9", "pythoncapi_compat"]}
    if int(version.split(".")[1]) >= 13:
        ways["direct"] = ["3.13", "none"]
    for way in wanted:
        if way not in ways:
            continue
        oldest, compat = ways[way]
        where = f"{version}, {stem}, {way}"
        folder = os.path.join(args.work, version, stem, way)
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("original", "fixed"):
            os.makedirs(os.path.join(folder, name))
            shutil.copy(source, os.path.join(folder, name))
        copy = os.path.join(folder, "fixed", stem + ".c")
        config = "{Checks: '-*,%s', CheckOptions: {MinPython: '%s', Compat: '%s'}}" % (checks, oldest, compat)
        tidy = [args.driver, "--config=" + config]
        result = run(tidy + [fix, copy, "--", *flags])
        found = len(finding.findall(result.stdout))
        demand(found == expected, f"{where}: {found} findings for {expected} look-ups", result.stdout)
        # Fixes that change the same lines are applied one at a time.
        for _ in range(3):
            if finding.search(result.stdout):
                result = run(tidy + [fix, copy, "--", *flags, "-I", HERE])
        with open(copy, encoding="utf-8") as f:
            fixed = f.read()
        demand(fixed.count("pythoncapi_compat.h") == (way == "compat"), f"{where}: wrong inclusions", fixed)
        demand(fixed.count("#if PY_VERSION_HEX") > 0 or way != "guard", f"{where}: no version guard", fixed)
        # A copy of the header for the code that is compiled for the version at hand.
        flags_here = flags + ["-I", HERE]
        result = run([args.driver, "--config=" + config, copy, "--", *flags_here])
        # What replaces PySys_GetObject is newer than the free-threaded build: without the header there is no fix.
        left = 0 if way == "compat" else text.count("PySys_GetObject(")
        demand(len(finding.findall(result.stdout)) == left and result.returncode == 0, f"{where}: findings after the fix", result.stdout)
        for name in ("original", "fixed"):
            built = os.path.join(folder, name)
            result = run([args.clang, "-shared", "-fPIC", "-O1", *flags_here, os.path.join(built, stem + ".c"), "-o", os.path.join(built, stem + suffix)])
            demand(result.returncode == 0 and not result.stdout, f"{where}: {name} does not compile without a warning", result.stdout)
        # One interpreter for the leaks; the others are for what their version does.
        calls = "1000" if interpreter == sys.executable else "200"
        result = run([interpreter, os.path.join(HERE, "probe.py"), stem, os.path.join(folder, "original"), os.path.join(folder, "fixed")],
                     env=dict(os.environ, PROBE_CALLS=calls))
        demand(result.returncode == 0, f"{where}: the fixed code does not do the same", result.stdout)
        print(f"{where}: {result.stdout.strip()}")


if __name__ == "__main__":
    main()
