#!/usr/bin/env python3
"""Rewrites each C or C++ file and each folder of the folder forms and has the Python file of the same name use what comes out.

    forms.py --migrate PYEXT_MIGRATE --clang CLANG --headers FOLDER --work FOLDER

The Python file finds the module on sys.path; it is run with the module as it was, and with the rewritten one, which must also be
another one when it is imported again.
"""

import argparse
import glob
import os
import shutil

from run import HERE, VERSIONS, WARNINGS, demand, headers, run

AGAIN = """
import gc, sys
import {0} as first
del sys.modules["{0}"]
import {0} as second
assert first is not second
names = [n for n, v in vars(first).items() if isinstance(v, type)]
for name in names:
    assert getattr(first, name) is not getattr(second, name), name
def again():
    sys.modules.pop("{0}", None)
    import {0}
    exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), {{}})
    sys.modules.pop("{0}", None)
    gc.collect()
for _ in range(5):
    again()
before = len(gc.get_objects())
for _ in range(20):
    again()
after = len(gc.get_objects())
assert after - before < 20, (before, after)
"""


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--migrate", "--clang", "--headers", "--work"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    interpreter = os.environ.get("PYEXT_TEST_INTERPRETERS", "").split(os.pathsep)[0] or __import__("sys").executable
    about = run([interpreter, "-c", "import sys, sysconfig; print('%d.%d' % sys.version_info[:2]); print(sysconfig.get_config_var('EXT_SUFFIX'))"])
    version, suffix = about.stdout.split()

    for probe in sorted(glob.glob(os.path.join(HERE, "forms", "*.py"))):
        name = os.path.splitext(os.path.basename(probe))[0]
        folder = os.path.join(args.work, name)
        shutil.rmtree(folder, ignore_errors=True)
        original = os.path.join(HERE, "forms", name)
        if os.path.isdir(original):
            shutil.copytree(original, folder)
        else:
            os.makedirs(folder)
            for each in glob.glob(original + ".c*"):
                shutil.copy(each, folder)
        sources = sorted(glob.glob(os.path.join(folder, "*.c*")))

        def use(what, *code):
            library = ["-lstdc++"] if sources[0].endswith(".cpp") else []
            built = run([args.clang, "-shared", "-fPIC", "-O1"] + headers(args.headers, version) + sources + ["-o", os.path.join(folder, name + suffix)] + library)
            demand(built.returncode == 0, f"{name}: {what} does not build", built)
            for command in [["-P", probe]] + [["-c", text, probe] for text in code]:
                used = run([interpreter] + command, env={**os.environ, "PYTHONPATH": folder}, timeout=120)
                demand(used.returncode == 0, f"{name}: {what} fails its probe", used)

        use("the original")
        applied = run([args.migrate, "--apply"] + sources + ["--"] + headers(args.headers, "3.13"))
        demand(applied.returncode == 0, f"{name}: not rewritten whole", applied)
        again = run([args.migrate] + sources + ["--"] + headers(args.headers, "3.13"))
        demand(again.returncode == 0 and not again.stdout, f"{name}: a second run changes something", again)
        for each in VERSIONS:
            for extra in [[]] + ([["-DPy_GIL_DISABLED=1"]] if each == "3.13" else []):
                compiled = run([args.clang, "-fsyntax-only"] + WARNINGS + extra + headers(args.headers, each) + sources)
                demand(compiled.returncode == 0, f"{name} does not compile for {each} {extra}", compiled)
        use("the result", AGAIN.format(name))


if __name__ == "__main__":
    main()
