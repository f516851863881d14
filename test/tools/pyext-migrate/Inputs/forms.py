#!/usr/bin/env python3
"""Rewrites each C file of the folder forms and has the Python file of the same name use what comes out.

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

    for original in sorted(glob.glob(os.path.join(HERE, "forms", "*.c"))):
        name = os.path.splitext(os.path.basename(original))[0]
        folder = os.path.join(args.work, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        source = os.path.join(folder, name + ".c")
        shutil.copy(original, source)

        def use(what, *code):
            built = run([args.clang, "-shared", "-fPIC", "-O1"] + headers(args.headers, version) + [source, "-o", os.path.join(folder, name + suffix)])
            demand(built.returncode == 0, f"{name}: {what} does not build", built)
            probe = os.path.join(HERE, "forms", name + ".py")
            for command in [["-P", probe]] + [["-c", text, probe] for text in code]:
                used = run([interpreter] + command, env={**os.environ, "PYTHONPATH": folder}, timeout=120)
                demand(used.returncode == 0, f"{name}: {what} fails its probe", used)

        use("the original")
        applied = run([args.migrate, "--apply", source, "--"] + headers(args.headers, "3.13"))
        demand(applied.returncode == 0, f"{name}: not rewritten whole", applied)
        again = run([args.migrate, source, "--"] + headers(args.headers, "3.13"))
        demand(again.returncode == 0 and not again.stdout, f"{name}: a second run changes something", again)
        for each in VERSIONS:
            compiled = run([args.clang, "-fsyntax-only"] + WARNINGS + headers(args.headers, each) + [source])
            demand(compiled.returncode == 0, f"{name} does not compile for {each}", compiled)
        use("the result", AGAIN.format(name))


if __name__ == "__main__":
    main()
