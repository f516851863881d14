#!/usr/bin/env python3
"""Measures what the checks cost, in user CPU.

    measure_cost.py --build build/llvm-19 [--python-headers build/python] [--python 3.15] [FILE...]

 1. For each FILE (examples/wordstat/wordstat.c if none is named): pyext-tidy with all cpython checks against `clang
    -fsyntax-only` of the same LLVM. The ratio may be at most 1.15.
 2. For generated sources, what the checks cost beyond clang on a source and on the same source grown tenfold, once in one function
    and once in many functions. The cost may grow at most thirteenfold.

Each number is the smallest of several runs; the machine should be otherwise idle. Exit status: 0 if both limits hold, 1 if not, 2 if
something could not be run.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from typing import List, NoReturn

LARGEST_RATIO = 1.15
LARGEST_GROWTH = 13.0
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# One step of a function: a borrowed reference used across a call, a global read and written, a lock.
STEP = """\
  {
    PyObject *item = PyList_GetItem(list, %(n)d);
    if (item == NULL) return NULL;
    Py_INCREF(item);
    if (PyObject_SetAttrString(item, "value", cache) < 0) { Py_DECREF(item); return NULL; }
    Py_XSETREF(cache, item);
  }
"""
HEAD = "#include <Python.h>\nstatic PyObject *cache;\n"
FUNCTION = "static PyObject *method_%(f)d(PyObject *self, PyObject *list) {\n%(body)s  Py_RETURN_NONE;\n}\n"
TAIL = """\
static PyMethodDef methods[] = {%(rows)s {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "grown", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_grown(void) { return PyModuleDef_Init(&module); }
"""


def refuse(message: str) -> NoReturn:
    print(f"measure_cost.py: error: {message}", file=sys.stderr)
    sys.exit(2)


def generated(functions: int, steps: int) -> str:
    parts = [HEAD]
    for f in range(functions):
        parts.append(FUNCTION % {"f": f, "body": "".join(STEP % {"n": n} for n in range(steps))})
    rows = "".join(f'{{"m{f}", method_{f}, METH_O, NULL}}, ' for f in range(functions))
    return "".join(parts) + TAIL % {"rows": rows}


def user_seconds(command: List[str], runs: int) -> float:
    """The smallest user time of `command` over some runs; one more run before them warms the caches."""
    times = []
    for _ in range(runs + 1):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            refuse(f"exit status {process.returncode}: {' '.join(command)}\n{output.decode(errors='replace')}")
        times.append(usage.ru_utime)
    return min(times[1:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="a build tree")
    parser.add_argument("--python-headers", default=os.path.join(ROOT, "build", "python"))
    parser.add_argument("--python", default="3.15")
    parser.add_argument("--checks", default="-*,cpython-*")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("files", nargs="*", metavar="FILE")
    args = parser.parse_args()
    driver = os.path.join(args.build, "bin", "pyext-tidy")
    if not os.path.exists(driver):
        refuse(f"{driver} does not exist; build first")
    with open(os.path.join(args.build, "CMakeCache.txt"), encoding="utf-8") as cache:
        package = next((line.split("=", 1)[1].strip() for line in cache if line.startswith("Clang_DIR:")), "")
    clang = os.path.normpath(os.path.join(package, "..", "..", "..", "bin", "clang"))
    include = os.path.join(args.python_headers, f"root-{args.python}", "usr", "include")

    def cost(path: str) -> List[float]:
        """User seconds of clang and of pyext-tidy."""
        flags = ["-isystem", os.path.join(include, f"python{args.python}"), "-isystem", include, "-w"]
        flags += ["-std=c++17"] if path.endswith((".cpp", ".cc", ".cxx")) else ["-std=c11"]
        return [
            user_seconds([clang, "-fsyntax-only", *flags, path], args.runs),
            user_seconds([driver, f"--checks={args.checks}", "--quiet", path, "--", *flags], args.runs),
        ]

    good = True
    try:
        for path in args.files or [os.path.join(ROOT, "examples", "wordstat", "wordstat.c")]:
            clang_time, tidy_time = cost(path)
            ratio = tidy_time / clang_time
            good &= ratio <= LARGEST_RATIO
            print(f"{os.path.basename(path)}: clang {clang_time:.3f} s, pyext-tidy {tidy_time:.3f} s, ratio {ratio:.2f} (at most {LARGEST_RATIO})")
        with tempfile.TemporaryDirectory() as folder:

            def extra(functions: int, steps: int) -> float:
                path = os.path.join(folder, f"grown-{functions}-{steps}.c")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(generated(functions, steps))
                clang_time, tidy_time = cost(path)
                print(f"  {functions} functions of {steps} steps: clang {clang_time:.3f} s, pyext-tidy {tidy_time:.3f} s")
                return tidy_time - clang_time

            start = extra(1, 1)
            for name, small, large in (("a function", (1, 100), (1, 1000)), ("a file", (50, 10), (500, 10))):
                a, b = extra(*small) - start, extra(*large) - start
                # Below 10 ms a difference is noise.
                growth = b / max(a, 0.010)
                good &= growth <= LARGEST_GROWTH
                print(f"{name} grown tenfold costs {growth:.1f} times as much (at most {LARGEST_GROWTH})")
    except OSError as error:
        refuse(str(error))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
