#!/usr/bin/env python3
"""Rewrites shapes.c at every level, compiles what comes out for every Python, and has probe.py run it.

    run.py --migrate PYEXT_MIGRATE --clang CLANG --headers FOLDER --work FOLDER

A second run over the result must change nothing. The interpreter is the one that runs this script; PYEXT_TEST_INTERPRETERS names
more of them (3.13 and later try interpreters with a GIL of their own).
"""

import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = ("3.11", "3.13", "3.14", "3.15")
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-Wno-missing-field-initializers", "-Wno-cast-function-type"]


def run(command, **keywords):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **keywords)


def demand(condition, text, result=None):
    if not condition:
        sys.exit(f"run.py: error: {text}\n" + (result.stdout + result.stderr if result else ""))


def headers(folder, version):
    root = os.path.join(folder, "root-" + version, "usr", "include")
    return ["-isystem", os.path.join(root, "python" + version), "-isystem", root]


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--migrate", "--clang", "--headers", "--work"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    flags = headers(args.headers, "3.13")
    interpreters = [sys.executable] + [i for i in os.environ.get("PYEXT_TEST_INTERPRETERS", "").split(os.pathsep) if i]
    original = os.path.join(HERE, "shapes.c")

    for level, minimum in (("multi-phase", "3.9"), ("state", "3.9"), ("heap-types", "3.10"), ("interpreters", "3.9"), ("gil", "3.10")):
        folder = os.path.join(args.work, level)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        source = os.path.join(folder, "shapes.c")
        shutil.copy(original, source)
        command = [args.migrate, "--level=" + level, "--min-python=" + minimum, source, "--"] + flags
        printed = run(command)
        with open(original, encoding="utf-8") as a, open(source, encoding="utf-8") as b:
            demand(a.read() == b.read(), "a run without --apply changed the file")
        applied = run(command[:1] + ["--apply"] + command[1:])
        demand(printed.returncode == applied.returncode == 0, f"--level={level} failed", applied)
        again = run(command)
        demand(again.returncode == 0 and not again.stdout, f"--level={level}: a second run changes something", again)

        with open(source, encoding="utf-8") as f:
            text = f.read()
        demand("{Py_mod_gil, Py_MOD_GIL_NOT_USED}" in text and "SetGIL" not in text, f"--level={level}: no slot for PyUnstable_Module_SetGIL()")

        for version in VERSIONS:
            for extra in [[], ["-DNDEBUG"]] + ([["-DPy_GIL_DISABLED=1"]] if version != "3.11" else []):
                compiled = run([args.clang, "-fsyntax-only"] + WARNINGS + extra + headers(args.headers, version) + [source])
                demand(compiled.returncode == 0, f"--level={level} does not compile for {version} {extra}", compiled)
        for interpreter in interpreters:
            about = run([interpreter, "-c", "import sys, sysconfig; print('%d.%d' % sys.version_info[:2]); print(sysconfig.get_config_var('EXT_SUFFIX'))"])
            version, suffix = about.stdout.split()
            built = run([args.clang, "-shared", "-fPIC", "-O1"] + headers(args.headers, version) + [source, "-o", os.path.join(folder, "shapes" + suffix)])
            demand(built.returncode == 0, "the module does not build", built)
            probed = run([interpreter, os.path.join(HERE, "probe.py"), level, folder], timeout=300)
            demand(probed.returncode == 0 and probed.stdout == "good\n", f"--level={level} on {version}", probed)


if __name__ == "__main__":
    main()
