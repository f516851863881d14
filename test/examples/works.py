#!/usr/bin/env python3
"""The example extension builds, imports and does what its own tests say.

    works.py --clang CLANG --python-headers DIR --work DIR EXAMPLE

Builds every C file of the folder EXAMPLE as an extension for the Python that runs this, into DIR, and runs EXAMPLE/test_*.py.
"""

import argparse
import pathlib
import subprocess
import sys
import sysconfig


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clang", required=True)
    parser.add_argument("--python-headers", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("example", type=pathlib.Path)
    arguments = parser.parse_args()

    own = pathlib.Path(sysconfig.get_path("include"))
    includes = [own]
    if not (own / "Python.h").is_file():
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        root = pathlib.Path(arguments.python_headers, f"root-{version}", "usr", "include")
        includes = [root / f"python{version}", root]
        if not (includes[0] / "Python.h").is_file():
            print(f"works.py: error: no headers of Python {version}, which runs the tests", file=sys.stderr)
            return 2
    arguments.work.mkdir(parents=True, exist_ok=True)
    for source in sorted(arguments.example.glob("*.c")):
        library = arguments.work / (source.stem + sysconfig.get_config_var("EXT_SUFFIX"))
        subprocess.run([arguments.clang, "-shared", "-fPIC", "-pthread", "-O1", "-Wall", "-Wextra", "-Werror",
                        *(f"-I{include}" for include in includes), str(source), "-o", str(library)], check=True)
    test = next(arguments.example.glob("test_*.py"))
    code = f"import sys; sys.dont_write_bytecode = True; sys.path[:0] = {[str(arguments.work), str(test.parent)]!r}; " \
           f"import unittest; unittest.main({test.stem!r})"
    return subprocess.run([sys.executable, "-c", code]).returncode


if __name__ == "__main__":
    sys.exit(main())
