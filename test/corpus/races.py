#!/usr/bin/env python3
"""Recall at data races of CPython's own C modules that ThreadSanitizer or its maintainers confirmed.

    races.py --sources 3.13=DIR --sources 3.14=DIR --headers DIR [--tool build/llvm-19/bin/pyext-tidy] [--only REGEX] [--misses]

races.csv is the catalogue: in which Python a race is, which functions and which field or variable it is between, in which Python it is
gone. The sources are not kept here: each DIR has the folders Include, Modules, Objects and Python of that release, of which nothing is
executed. --headers is where tools/house/fetch_python_headers.py has put the headers, for pyconfig.h.

A row counts as found when one finding names all its functions and its field, in the file, with the headers of the build without the GIL. A
function is named when the text does so, or when the warning or a note points into it; `x_impl`, `x_lock_held` and `x` are one. A row
counts as silent when no finding of the release that mends it names them.

Exit status: 0, or 2 when nothing could be run.
"""

import argparse
import collections
import csv
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
COLUMNS = ["race", "seen", "fixed", "file", "functions", "field", "class"]
CHECKS = "-*,cpython-state-*,cpython-refs-*,-cpython-state-static-type,-cpython-state-global-pyobject"
DIAGNOSTIC = re.compile(r"^(/[^:\n]+):(\d+):\d+: (warning|note|error): (.*)$", re.MULTILINE)
FUNCTION = re.compile(r"^[A-Za-z_][^;{}#=]*?\b(\w+)\s*\([^;{}]*?\)\s*\{", re.MULTILINE)


def bare(name):
    return re.sub(r"(_impl|_lock_held|_locked|_unlocked|_nolock|_threadsafe)+$", "", name)


def functions_of(path, cache={}):
    """Line ranges of the functions of a C file: (first, last, name)."""
    if path in cache:
        return cache[path]
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])
    text = re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", blank, text, flags=re.DOTALL)
    found = []
    for match in FUNCTION.finditer(text):
        if match[1] in ("if", "for", "while", "switch") or (found and text.count("\n", 0, match.start(1)) < found[-1][1]):
            continue
        end, depth = match.end(), 1
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found.append((text.count("\n", 0, match.start()) + 1, text.count("\n", 0, end) + 1, match[1]))
    cache[path] = found
    return found


def read_catalogue(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, 2):
        if list(row) != COLUMNS or not (row["race"] and row["seen"] and row["file"] and row["functions"] and row["class"]):
            sys.exit(f"{path.name}:{number}: expected {', '.join(COLUMNS)}; only fixed and field may be empty")
    return rows


class Runs:
    def __init__(self, options):
        self.options = options
        self.sources = dict(pair.split("=", 1) for pair in options.sources)
        self.results, self.broken = {}, {}

    def command(self, version, file):
        root = pathlib.Path(self.sources[version]).resolve()
        headers = self.options.headers.resolve() / f"root-{version}" / "usr" / "include"
        folders = ["Include", "Include/internal", "Include/internal/mimalloc", "Modules", "Modules/_io", "Modules/_ctypes", "Modules/_sqlite",
                   "Modules/cjkcodecs", "Modules/_decimal", "Modules/_zstd", "PC"]
        flags = ["-std=gnu11", "-w", "-DNDEBUG", "-DPy_BUILD_CORE", "-DPy_BUILD_CORE_MODULE", "-DPy_GIL_DISABLED=1"]
        flags += [f"-D{each}" for each in self.options.define]
        # PC has a pyconfig.h for Windows.
        flags += [f"-I{each}" for each in sorted(headers.glob(f"*-*/python{version}"))] + [f"-I{root / folder}" for folder in folders]
        flags += [f"-I{headers}"]
        flags += [f"-I{each.resolve()}" for each in self.options.include]
        return [str(self.options.tool), f"--checks={CHECKS}", "--quiet", "--header-filter=.*", str(root / file), "--", *flags]

    def of(self, version, file):
        """What each finding names, as a set of names; None when the file cannot be looked at."""
        key = version, file
        if key in self.results:
            return self.results[key]
        if version not in self.sources or not (pathlib.Path(self.sources[version]) / file).is_file():
            self.results[key] = None
            return None
        run = subprocess.run(self.command(version, file), capture_output=True, text=True, errors="replace", timeout=600)
        findings, errors = [], []
        for match in DIAGNOSTIC.finditer(run.stdout):
            path, line, kind, text = match[1], int(match[2]), match[3], match[4]
            if kind == "error":
                errors.append(text)
                continue
            if kind == "warning":
                findings.append({"@" + text.rsplit("[cpython-", 1)[-1].split("-")[0]})
            if not findings:
                continue
            findings[-1].update(bare(word) for quoted in re.findall(r"'([^']+)'", text) for word in re.findall(r"\w+", quoted))
            for first, last, name in functions_of(path):
                if first <= line <= last:
                    findings[-1].add(bare(name))
        if errors:
            self.broken[key] = errors[0]
        self.results[key] = findings
        return findings


def names(row):
    """What a finding has to name; references into containers are for checks of another group."""
    wanted = {bare(each) for each in row["functions"].split()}
    return wanted | set(re.findall(r"\w+", row["field"])[-1:]) | {"@refs" if row["class"] == "container" else "@state"}


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", action="append", required=True, metavar="VERSION=DIR")
    parser.add_argument("--headers", type=pathlib.Path, default=PROJECT / "build" / "python")
    parser.add_argument("--include", type=pathlib.Path, action="append", default=[], help="a folder with headers of libraries")
    parser.add_argument("--define", action="append", default=[], metavar="NAME", help="a macro for all files")
    parser.add_argument("--tool", type=pathlib.Path, default=PROJECT / "build" / "llvm-19" / "bin" / "pyext-tidy")
    parser.add_argument("--catalogue", type=pathlib.Path, default=HERE / "races.csv", metavar="FILE", help="default: %(default)s")
    parser.add_argument("--only", default="", metavar="REGEX", help="rows with such a file or race")
    parser.add_argument("--misses", action="store_true", help="list what is not found, and what is not silent")
    options = parser.parse_args()
    runs = Runs(options)
    count = collections.defaultdict(collections.Counter)
    skipped = []
    for row in read_catalogue(options.catalogue):
        if not re.search(options.only, row["file"] + " " + row["race"]):
            continue
        before = runs.of(row["seen"], row["file"])
        if before is None:
            skipped.append(row)
            continue
        found = any(names(row) <= each for each in before)
        for key in (row["class"], "all"):
            count[key]["rows"] += 1
            count[key]["found"] += found
        after = runs.of(row["fixed"], row["file"]) if row["fixed"] else None
        loud = after is not None and any(names(row) <= each for each in after)
        if after is not None:
            for key in (row["class"], "all"):
                count[key]["fixed"] += 1
                count[key]["silent"] += not loud
        if options.misses and (not found or loud):
            print(f"{'loud' if found else 'miss'} {row['seen']} {row['file']} {row['race']} [{row['class']}] {row['functions']} {row['field']}")
    if not count:
        print("nothing was run: no row has sources", file=sys.stderr)
        return 2
    print(f"| class | races | found | fixed later | silent then |\n|---|--:|--:|--:|--:|")
    for key in sorted(count, key=lambda k: (k == "all", -count[k]["rows"], k)):
        each = count[key]
        print(f"| {key} | {each['rows']} | {percent(each['found'], each['rows'])} | {each['fixed']} | {percent(each['silent'], each['fixed'])} |")
    for (version, file), error in sorted(runs.broken.items()):
        print(f"{version} {file} is not read whole: {error}")
    for row in skipped:
        print(f"no sources of {row['seen']} {row['file']}: {row['race']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
