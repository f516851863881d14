#!/usr/bin/env python3
"""The same findings, whatever else is analysed: one file at a time or all, in any order, with any number of jobs.

    determinism.py [--seed N] [--files N] [--also DIR] TOOL -- PYTHON-FLAGS

The files are sources of test/, and with --also one C source of DIR for each of those, such as build/corpus/sdists with real
extensions; all are changed at random places (--seed), and those that no longer compile are part of it. An include that only the
folder of a real source has is taken from there.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
DIAGNOSTIC = re.compile(r"^(\S+?):(\d+):(\d+): (warning|error|note): (.*)$", re.MULTILINE)


def changed(text, chance):
    """`text` with some lines left out or doubled."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(lines))
        lines[at:at + 1] = [] if chance.random() < 0.4 else [lines[at]] * 2
    return "".join(lines)


def findings(text):
    """What is said of each file, in its order."""
    said, file = collections.defaultdict(list), None
    for name, line, column, kind, message in DIAGNOSTIC.findall(text):
        if kind != "note":
            file = name
        said[file].append((name, line, column, kind, message))
    return said


def main():
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--also", type=pathlib.Path, metavar="DIR", help="real C sources")
    parser.add_argument("tool")
    options = parser.parse_args(sys.argv[1:split])
    options.tool = str(pathlib.Path(options.tool).resolve())
    flags = sys.argv[split + 1:]
    chance = random.Random(options.seed)
    sources = [path for group in ("refs", "state", "modules", "threads", "types") for path in sorted((TESTS / group).glob("*.c"))]
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        files = []
        chosen = chance.sample(sources, min(options.files, len(sources)))
        if options.also:
            real = [path for path in sorted(options.also.rglob("*.c")) if path.is_file() and "Python.h" in path.read_text(errors="replace")]
            real = chance.sample(real, min(options.files, len(real)))
            flags += [flag for path in real for flag in ("-iquote", str(path.parent.resolve()))]
            chosen += real
        for path in chosen:
            text = "\n".join(line for line in path.read_text(errors="replace").splitlines() if not re.match(r"\s*// ?(RUN|CHECK)", line)) + "\n"
            file = pathlib.Path(folder, f"{len(files)}-{path.name}")
            file.write_text(changed(text, chance))
            files.append(str(file))

        def tidy(chosen):
            command = [options.tool, "--checks=-*,cpython-*", "--quiet", *chosen, "--", *flags, "-I", str(TESTS / "Inputs"), "-w"]
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")
            if result.returncode < 0 or result.returncode > 2:
                problems.append(f"status {result.returncode}: {' '.join(command)}")
            return findings(result.stdout)

        alone = {}
        for file in files:
            alone.update(tidy([file]))
        if sum(map(len, alone.values())) < options.files:
            problems.append("hardly anything is found: the test is void")
        for title, order in (("in order", files), ("backwards", files[::-1]), ("shuffled", chance.sample(files, len(files)))):
            together = tidy(order)
            for file in files:
                # A diagnostic in a header both files include is printed once.
                if together.get(file, []) != alone.get(file, []):
                    ours, theirs = set(map(str, together.get(file, []))), set(map(str, alone.get(file, [])))
                    problems.append(f"{file}, {title}: differs from the file alone: " + "; ".join(sorted(ours ^ theirs)[:4] or ["the order"]))

        def check(order, jobs):
            out = pathlib.Path(folder, "report.json")
            out.unlink(missing_ok=True)
            command = [options.tool, "check", f"-j{jobs}", f"--json={out}", *order, "--", *flags, "-I", str(TESTS / "Inputs"), "-w"]
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", cwd=folder)
            if not out.exists():
                problems.append(f"no report: {' '.join(command)}\n{result.stderr[-1000:]}")
                return None
            return json.loads(out.read_text())

        first = check(files, 1)
        for order, jobs in ((files, 2), (files[::-1], 1), (chance.sample(files, len(files)), 4)):
            again = check(order, jobs)
            if again != first:
                problems.append(f"pyext-tidy check -j{jobs}: another report for another order or number of jobs")
    for problem in problems:
        print(problem)
    print(f"seed {options.seed}: {len(files)} files, {sum(map(len, alone.values()))} diagnostics, {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
