#!/usr/bin/env python3
"""Count the instructions of one statement, as `python -m timeit` times it: the same on a busy machine.

    count.py [-n LOOPS] [-s SETUP] STATEMENT

Runs the interpreter that runs this file below valgrind, with LOOPS loops and with none. Prints billions of instructions for each loop,
which `pyext-migrate --verify --benchmark` takes for seconds.
"""

import argparse
import re
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("-n", type=int, default=2000, metavar="LOOPS")
parser.add_argument("-s", default="pass", metavar="SETUP")
parser.add_argument("statement", metavar="STATEMENT")
args = parser.parse_args()


def instructions(loops):
    code = f"import timeit; t = timeit.Timer({args.statement!r}, {args.s!r}); t.timeit({loops})"
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", sys.executable, "-S", "-c", code]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stdout)
    if done.returncode or not found:
        sys.exit(f"status {done.returncode}: {done.stdout[-500:]}")
    return int(found[1].replace(",", ""))


print((instructions(args.n) - instructions(0)) / args.n / 1e9)
