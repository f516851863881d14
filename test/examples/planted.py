#!/usr/bin/env python3
"""The checks report what is planted in an example, and nothing else.

    planted.py --driver PYEXT_TIDY --python-headers DIR --python VERSION [--free-threaded] SOURCE

A comment `DEFECT <check>` in SOURCE announces one finding of that check between itself and the next DEFECT or TWIN comment,
at most 12 lines below (a block of several DEFECT comments announces one finding of each). Exit status: 0 if the findings of
all checks are the announced ones, 1 if not, 2 if SOURCE could not be analysed.
"""

import argparse
import pathlib
import re
import subprocess
import sys

REACH = 12
FINDING = re.compile(r"^(?P<file>.*?):(?P<line>\d+):\d+: warning: .*\[(?P<check>cpython-[\w-]+)\]$")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--python-headers", required=True)
    parser.add_argument("--python", required=True, metavar="VERSION")
    parser.add_argument("--free-threaded", action="store_true")
    parser.add_argument("source", type=pathlib.Path)
    arguments = parser.parse_args()

    include = pathlib.Path(arguments.python_headers, f"root-{arguments.python}", "usr", "include")
    flags = [f"-I{include}/python{arguments.python}", f"-I{include}", "-std=c11", "-Wall", "-Wextra"]
    if arguments.free_threaded:
        flags.append("-DPy_GIL_DISABLED=1")
    command = [arguments.driver, "-quiet", "-checks=-*,cpython-*,clang-diagnostic-*", str(arguments.source), "--", *flags]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        print(result.stdout)
        return 2

    announced = []  # (line, check)
    comments = []  # lines of DEFECT and TWIN comments
    for number, line in enumerate(arguments.source.read_text().splitlines(), 1):
        if match := re.search(r"\bDEFECT (cpython-[\w-]+)", line):
            announced.append((number, match[1]))
        if re.search(r"[*/] (DEFECT|TWIN)\b", line):
            comments.append(number)

    wrong = []
    for line in result.stdout.splitlines():
        if ": warning: " not in line:
            continue
        match = FINDING.match(line)
        if match and pathlib.Path(match["file"]).resolve() == arguments.source.resolve():
            found, check = int(match["line"]), match["check"]
            # The nearest comment above a finding must be of its check, or of the same block of comments.
            above = max((number for number in comments if number < found), default=0)
            candidates = [a for a in announced if a[1] == check and above - 4 < a[0] < found <= a[0] + REACH]
            if candidates:
                announced.remove(candidates[-1])
                continue
        wrong.append("not planted: " + line)
    wrong += [f"planted and not found: {arguments.source.name}:{line}: {check}" for line, check in announced]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
