#!/usr/bin/env python3
"""Measures what the checks cost against `clang -fsyntax-only` of the same LLVM, and how the cost grows.

    measure_cost.py --build build/llvm-19 [FILE...]            the ratio of each file (examples/wordstat/wordstat.c if none is named)
    measure_cost.py --build build/llvm-19 --growth [SHAPE...]  the growth with each shape of grown.py
    measure_cost.py --build build/llvm-19 --checks-of FILE     what each check adds, and what they share

Without --growth and --checks-of: the ratios and the growth of all shapes. Flags for the FILEs come after `--`; by default the
headers of Python (--python) and a language standard.

 1. Ratio: clang and pyext-tidy run in turns; of the pairs that were measured, the smallest time of each counts. The ratio may be at
    most --largest-ratio. Peak memory is that of the largest run.
 2. Growth: what the checks cost beyond clang on a source and on one that is ten times as large. The cost may grow at most
    thirteenfold; below 20 ms a difference is noise.
 3. --checks-of: instructions inside each check, by callgrind: the same on a busy machine. What several checks share is
    counted where it is computed first, and listed as a part of its own.

--count=user is user CPU and wants an idle machine; --count=perf is `perf stat -e instructions:u`, where the machine has it;
--count=callgrind counts the same everywhere, and takes fifty times as long.

Exit status: 0 if both limits hold, 1 if not, 2 if something could not be run.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import List, NamedTuple, NoReturn

import grown

LARGEST_RATIO = 1.15
LARGEST_GROWTH = 13.0
NOISE = {"user": 0.020, "perf": 60e6, "callgrind": 60e6}
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def refuse(message: str) -> NoReturn:
    print(f"measure_cost.py: error: {message}", file=sys.stderr)
    sys.exit(2)


class Cost(NamedTuple):
    amount: float  # user seconds or instructions
    memory: int  # MiB


class Meter:
    """Runs commands and says what they cost."""

    def __init__(self, count: str, timeout: int):
        self.count, self.timeout, self.unit = count, timeout, 1.0 if count == "user" else 1e6
        needs = {"perf": "perf", "callgrind": "valgrind"}.get(count)
        if needs and not shutil.which(needs):
            refuse(f"--count={count} needs {needs}")

    def show(self, amount: float) -> str:
        return f"{amount:.3f} s" if self.count == "user" else f"{amount / 1e6:.0f} M instructions"

    def run(self, command: List[str]) -> Cost:
        with tempfile.NamedTemporaryFile("r") as counted:
            if self.count == "perf":
                command = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", counted.name, *command]
            elif self.count == "callgrind":
                command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted.name}", *command]
            process = subprocess.Popen(["timeout", str(self.timeout), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert process.stdout
            output = process.stdout.read().decode(errors="replace")
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode == 124:
                refuse(f"no end after {self.timeout} s: {' '.join(command)}")
            if process.returncode != 0:
                refuse(f"exit status {process.returncode}: {' '.join(command)}\n{output[-2000:]}")
            if self.count == "user":
                return Cost(usage.ru_utime, usage.ru_maxrss // 1024)
            text = counted.read()
        match = re.search(r"^(\d+),.*instructions", text, re.MULTILINE) if self.count == "perf" else re.search(r"^summary: (\d+)", text, re.MULTILINE)
        if not match:
            refuse(f"--count={self.count}: this machine does not count instructions:\n{text[-500:]}")
        return Cost(float(match[1]), usage.ru_maxrss // 1024)

    def pairs(self, first: List[str], second: List[str], runs: int) -> List[Cost]:
        """The smallest cost of both, from runs in turns; one run of each before them warms the caches."""
        costs: List[List[Cost]] = [[], []]
        for _ in range(runs + 1 if self.count == "user" else 1):
            for index, command in enumerate((first, second)):
                costs[index].append(self.run(command))
        return [min(c[1:] or c) for c in costs]


class Tools:
    def __init__(self, args: argparse.Namespace):
        self.driver = os.path.join(args.build, "bin", "pyext-tidy")
        if not os.path.exists(self.driver):
            refuse(f"{self.driver} does not exist; build first")
        with open(os.path.join(args.build, "CMakeCache.txt"), encoding="utf-8") as cache:
            package = next((line.split("=", 1)[1].strip() for line in cache if line.startswith("Clang_DIR:")), "")
        self.clang = os.path.normpath(os.path.join(package, "..", "..", "..", "bin", "clang"))
        include = os.path.join(args.python_headers, f"root-{args.python}", "usr", "include")
        self.python = ["-isystem", os.path.join(include, f"python{args.python}"), "-isystem", include]
        self.checks, self.flags = args.checks, args.flags

    def flags_for(self, path: str) -> List[str]:
        if self.flags:
            return self.flags
        return [*self.python, "-w", "-std=c++17" if path.endswith((".cpp", ".cc", ".cxx")) else "-std=c11", "-fbracket-depth=4096"]

    def plain(self, path: str) -> List[str]:
        return [self.clang, "-fsyntax-only", *self.flags_for(path), path]

    def tidy(self, path: str) -> List[str]:
        return [self.driver, f"--checks={self.checks}", "--quiet", path, "--", *self.flags_for(path)]


def measure_files(args: argparse.Namespace, tools: Tools, meter: Meter) -> bool:
    good = True
    for path in args.files or [os.path.join(ROOT, "examples", "wordstat", "wordstat.c")]:
        clang, tidy = meter.pairs(tools.plain(path), tools.tidy(path), args.runs)
        ratio = tidy.amount / clang.amount
        good &= ratio <= args.largest_ratio
        print(f"{os.path.basename(path)}: clang {meter.show(clang.amount)}, pyext-tidy {meter.show(tidy.amount)}, "
              f"ratio {ratio:.2f} (at most {args.largest_ratio}), {tidy.memory} MiB (clang {clang.memory})", flush=True)
    return good


def measure_growth(args: argparse.Namespace, tools: Tools, meter: Meter) -> bool:
    bad = []
    print(f"{'shape':<22}{'size':>14}{'cost':>28}{'growth':>8}  counts")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.growth or grown.SHAPES:
            shape = grown.SHAPES.get(name) or refuse(f"no shape '{name}'; there are: {', '.join(grown.SHAPES)}")
            extra, memory = [], 0
            for size in (1, shape.size, 10 * shape.size):
                path = os.path.join(folder, f"{name}-{size}.c")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(shape.source(size))
                clang, tidy = meter.pairs(tools.plain(path), tools.tidy(path), 1 if size > shape.size else min(args.runs, 3))
                extra.append(tidy.amount - clang.amount)
                memory = tidy.memory
            small, large = extra[1] - extra[0], extra[2] - extra[0]
            growth = large / max(small, NOISE[args.count])
            if growth > LARGEST_GROWTH:
                bad.append(name)
            print(f"{name:<22}{f'{shape.size} -> {10 * shape.size}':>14}{f'{meter.show(small)} -> {meter.show(large)}':>28}{growth:>8.1f}  "
                  f"{shape.counts}; {memory} MiB{' (!)' if growth > LARGEST_GROWTH else ''}", flush=True)
    if bad:
        print(f"more than {LARGEST_GROWTH:.0f}-fold: {', '.join(bad)}")
    return not bad


def measure_checks(path: str, tools: Tools) -> bool:
    """Instructions inside each class of check, and inside the shared parts, from one run under callgrind."""
    if not shutil.which("callgrind_annotate"):
        refuse("--checks-of needs valgrind")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *tools.tidy(path)]
        result = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if result.returncode:
            refuse(f"exit status {result.returncode}: {' '.join(command)}\n{result.stderr[-2000:]}")
        text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out], capture_output=True, text=True, errors="replace").stdout
    total, parts, parsing = 0, {}, 0
    for line in text.splitlines():
        match = re.match(r" *([\d,]+) \( *[\d.]+%\) +(.*)", line)
        if not match:
            continue
        amount, what = int(match[1].replace(",", "")), match[2]
        if what == "PROGRAM TOTALS":
            total = amount
        elif "clang::ParseAST" in what:
            parsing = max(parsing, amount)
        # The largest function of a class or of a file is the one that the others are called from.
        elif named := re.search(r"pyext::(?:\w+::)*(\w+Check)::(?:analyze|check|onEndOfTranslationUnit)\(", what):
            if named[1] != "ModelCheck":
                parts[named[1]] = max(parts.get(named[1], 0), amount)
        elif named := re.search(r"pyext::(model|flow)::(\w+(?:::\w+)*)[(<]", what):
            parts[f"{named[1]}::{named[2]}"] = max(parts.get(f"{named[1]}::{named[2]}", 0), amount)
    print(f"{os.path.basename(path)}: {total / 1e6:.0f} M instructions, of which ParseAST with the checks {parsing / 1e6:.0f} M")
    for title, wanted in (("checks", False), ("shared", True)):
        print(f"\n{title:<60}{'M instructions':>15}{'of all':>8}")
        rows = sorted(((a, n) for n, a in parts.items() if ("::" in n) == wanted), reverse=True)
        for amount, name in rows[:80 if not wanted else 40]:
            print(f"{name:<60}{amount / 1e6:>15.2f}{100 * amount / max(total, 1):>7.1f}%")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="a build tree")
    parser.add_argument("--python-headers", default=os.path.join(ROOT, "build", "python"))
    parser.add_argument("--python", default="3.15")
    parser.add_argument("--checks", default="-*,cpython-*")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--timeout", type=int, default=300, metavar="SECONDS", help="for one run")
    parser.add_argument("--largest-ratio", type=float, default=LARGEST_RATIO)
    parser.add_argument("--count", choices=["user", "perf", "callgrind"], default="user")
    parser.add_argument("--growth", nargs="*", metavar="SHAPE")
    parser.add_argument("--checks-of", metavar="FILE")
    parser.add_argument("files", nargs="*", metavar="FILE")
    arguments = sys.argv[1:]
    flags = arguments[arguments.index("--") + 1:] if "--" in arguments else []
    args = parser.parse_intermixed_args(arguments[:arguments.index("--")] if "--" in arguments else arguments)
    args.flags = flags
    tools, meter = Tools(args), Meter(args.count, args.timeout)
    try:
        if args.checks_of:
            return 0 if measure_checks(args.checks_of, tools) else 1
        good = True
        if args.growth is None or args.files:
            good &= measure_files(args, tools, meter)
        if args.growth is not None or not args.files:
            good &= measure_growth(args, tools, meter)
    except OSError as error:
        refuse(str(error))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
