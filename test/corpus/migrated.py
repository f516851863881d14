#!/usr/bin/env python3
"""Migrate real extensions and prove the result: the table of docs/migrated.csv.

    migrated.py run    [MODULE...]    fetch, rewrite and verify modules of migrated.toml; print a row for each
    migrated.py rewrite [MODULE...]   only what pyext-migrate says of them
    migrated.py record                write the rows of all modules that were run to docs/migrated.csv; others stay
    migrated.py report                count the rows of docs/migrated.csv

For each module: its sources are copied, `pyext-migrate` rewrites them with the flags of migrated.toml, nothing is edited by
hand, and `pyext-migrate --verify` builds them before and after, runs the tests on both, imports the result in three more interpreters,
each with a GIL of its own, and 100 times again, and runs the benchmarks of migrated.toml in turns. The row says

    level              how far it went: refused, multi-phase, state, heap-types (no static type is left), interpreters
    moved, left        variables and types
    tests              what they said before and after
    own_gil            whether it was imported in the main and three more interpreters, and no object was in two of them
    growth_per_import  objects and bytes
    speed              the slowest of the benchmarks: time (or instructions, --count) after in relation to before, and which it is
    result             good when nothing got worse; else what did

What was run, its output, the diff and the report stay in <work>/migrated/<module>. Sdists come through pip, as run.py fetches them;
sources of a commit through git, unless <work>/sources has them. This command executes code of the packages: their tests, and their
module.

Exit status: 0 when nothing got worse, 1 when something did, 2 when something is missing.
"""

import argparse
import csv
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import fixes
import run as corpus

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
TABLE = PROJECT / "docs" / "migrated.csv"
COLUMNS = ["module", "version", "level", "moved", "left", "tests", "own_gil", "growth_per_import", "speed", "result", "first", "note"]
KEYS = {"name", "package", "version", "sha256", "repository", "commit", "paths", "sources", "library", "flags", "libraries", "generated", "needs",
        "build", "test", "benchmark", "python", "note", "first"}


def read_manifest(path, names):
    with open(path, "rb") as file:
        modules = tomllib.load(file)["module"]
    for module in modules:
        if unknown := set(module) - KEYS:
            raise corpus.Error(f"{path.name}: {module['name']}: unknown key '{min(unknown)}'")
        if ("package" in module) == ("repository" in module):
            raise corpus.Error(f"{path.name}: {module['name']}: either a package or a repository")
    known = {module["name"]: module for module in modules}
    for name in names:
        if name not in known:
            raise corpus.Error(f"{path.name}: no module named '{name}'")
    return [known[name] for name in names] if names else modules


def checkout(module, work):
    """The folder with a commit of a repository: only `paths` of it, when they are named."""
    folder = work / "sources" / f"{module['repository'].replace('/', '+')}-{module['commit'][:12]}"
    if folder.is_dir() and all((folder / path).exists() for path in module.get("paths", [])):
        return folder
    print(f"fetching {module['repository']} {module['commit'][:12]}", file=sys.stderr, flush=True)
    partial = folder.with_suffix(".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    commands = [["init", "--quiet"], ["fetch", "--quiet", "--depth=1", f"https://github.com/{module['repository']}", module["commit"]],
                ["checkout", "--quiet", "FETCH_HEAD", "--", *module.get("paths", ["."])]]
    for command in commands:
        result = subprocess.run(["git", *command], cwd=partial, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode:
            raise corpus.Error(f"git {command[0]} of {module['repository']} {module['commit']}: {result.stdout.strip()}; "
                               f"put the sources of that commit into {folder}")
    shutil.rmtree(partial / ".git")
    shutil.copytree(partial, folder, symlinks=True, dirs_exist_ok=True)  # Others may have taken other paths of that commit.
    shutil.rmtree(partial)
    return folder


class Run:
    """One module and what became of it."""

    def __init__(self, module, python, options):
        self.module, self.python, self.options = module, python, options
        self.work = options.work / "migrated" / module["name"].split(" ")[0]
        shutil.rmtree(self.work, ignore_errors=True)
        if "package" in module:
            source = corpus.source_of({"name": module["package"], "version": module["version"], "sha256": module.get("sha256", "")}, options.work)
        else:
            source = checkout(module, options.work)
        self.root = self.work / "project"
        shutil.copytree(source, self.root, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        for header in module.get("generated", []):
            path = self.root / header["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((HERE / header["from"]).read_text() if "from" in header else header["text"])
        self.row = {"module": module["name"], "version": module.get("version", module.get("commit", "")[:12]), "level": "", "moved": "", "left": "", "tests": "",
                    "own_gil": "", "growth_per_import": "", "speed": "", "result": "", "note": module.get("note", "")}

    def matches(self, patterns):
        files = []
        for pattern in patterns:
            found = sorted(self.root.glob(pattern))
            if not found:
                raise corpus.Error(f"{self.module['name']}: no file matches '{pattern}'")
            files += [str(path) for path in found]
        return files

    def flags(self):
        """Those of the manifest: {root} is the copy, relative include folders are below it."""
        given = shlex.split(self.module.get("flags", "").replace("{root}", str(self.root)).replace("{include}", str(self.python.includes[0])))
        given = ["-I" + str(self.root / flag[2:]) if flag.startswith("-I") else flag for flag in given]
        return given + [flag for include in self.python.includes for flag in ("-isystem", str(include))]

    def library(self):
        """Sources without Python, compiled once: they are the same before and after."""
        if "library" not in self.module:
            return []
        objects = []
        for number, source in enumerate(self.matches(self.module["library"])):
            objects.append(str(self.work / f"{number}.o"))
            compiler = "cc" if source.endswith((".c", ".S")) else "c++"
            flags = [flag for flag in self.flags() if compiler == "c++" or not flag.startswith("-std=c++")]
            result = subprocess.run([compiler, "-c", "-fPIC", "-O2", "-w", *flags, source, "-o", objects[-1]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.root)
            if result.returncode:
                raise corpus.Error(f"{self.module['name']}: {result.stdout.strip()}")
        return objects

    def command(self, *extra):
        return [str(self.options.tool), *self.matches(self.module["sources"]), *extra, "--", *self.flags()]

    def run(self):
        module, row = self.module, self.row
        report = self.work / "report.json"
        site = self.python.site(module["needs"], self.options.work) if "needs" in module else None
        rewritten = subprocess.run(self.command(f"--report={report}"), cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=self.options.timeout)
        (self.work / "diff").write_text(rewritten.stdout)
        (self.work / "report.txt").write_text(rewritten.stderr)
        if not report.is_file():
            raise corpus.Error(f"{module['name']}: {(rewritten.stderr.strip().splitlines() or ['no report'])[-1]}")
        modules = json.loads(report.read_text())["modules"]
        if refused := [m for m in modules if m["status"] == "refused"]:
            row["level"] = "refused"
            row["result"] = "refused: " + re.sub(r": the flags of its build.*", "", refused[0]["reason"])
            return
        left = [item for m in modules for item in m["left"] if not item["reason"].startswith("removed: ")]
        row["moved"], row["left"] = sum(len(m["moved"]) for m in modules), len(left)
        if all(m["claims"]["own_gil"] for m in modules):
            row["level"] = "interpreters"
        elif not any(item["what"].startswith("type ") for item in left):
            row["level"] = "heap-types"
        else:
            row["level"] = "state" if row["moved"] else "multi-phase"
        if self.options.command == "rewrite":
            row["tests"], row["own_gil"], row["result"] = "not run", "not tried" if row["level"] == "interpreters" else "no", "only rewritten"
            return
        options = ["--verify", "--quiet", f"--project={self.root}", f"--python={self.python.program}"]
        for key in ("build", "test"):
            if key in module:
                options.append(f"--{key}={module[key]}")
        runner = shlex.quote(str(HERE / "count.py")) if self.options.count else "-m timeit -r 50"
        for text in module.get("benchmark", []):
            options.append(f"--benchmark={{python}} {runner} {text if text.startswith('-n') else '-n 2000 ' + text}")
        command = self.command(*options)
        libraries = self.library() + shlex.split(module.get("libraries", ""))
        environment = {**os.environ, "LDFLAGS": shlex.join(libraries), "PYTHONPATH": str(site or ""), "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}
        (self.work / "command").write_text(f"cd {self.root} && LDFLAGS={shlex.quote(environment['LDFLAGS'])} PYTHONPATH={site or ''} {shlex.join(command)}\n")
        verified = subprocess.run(command, cwd=self.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=self.options.timeout)
        (self.work / "verify.txt").write_text(verified.stdout)
        self.read(verified.stdout, verified.returncode)

    def read(self, text, status):
        """The lines of --verify: `ok`, `skip` or `FAIL`, the interpreter, and what was tried."""
        row, worse, imported, ratios, growth = self.row, [], [], [], []
        if "test" not in self.module:
            row["tests"] = "not run"
        for verdict, line in re.findall(r"^(ok|skip|FAIL) +Python [^:]*: (.*)$", text, re.M):
            if verdict == "FAIL":
                worse.append(line)
            if match := re.match(r"tests: same outcome: (.*)", line):
                row["tests"] = match[1].replace(" (they fail before, too)", "") + ", same"
                if line.find("no counts") >= 0 and "exit status" in line:
                    row["tests"] = "not run: " + match[1].partition("no counts, ")[2].partition(" (")[0] + " before and after"
            elif line.startswith("tests: ") and verdict == "FAIL":
                row["tests"] = line.removeprefix("tests: ")
            elif re.search(r"in the main and \d more interpreters", line):
                own = "three interpreters" if "GIL of its own" in line else "three interpreters, which share the GIL"
                imported.append({"ok": own, "skip": "no: " + line.partition("interpreters: ")[2], "FAIL": "FAIL"}[verdict])
            elif match := re.search(r"imports and releases: ([-\d.]+) objects, [-\d.]+ blocks, ([-\d.]+) bytes", line):
                growth.append((float(match[1]), float(match[2])))
            elif match := re.search(r"speed(?: (\d+))?: \S+ s before, \S+ s after \(([-+][\d.]+) %\)", line):
                ratios.append((float(match[2]), match[1] or ""))
        if imported:
            row["own_gil"] = "three interpreters" if all(how == "three interpreters" for how in imported) else next(how for how in imported if how != "three interpreters")
        else:
            row["own_gil"] = "no"
        if growth:
            row["growth_per_import"] = f"{max(g[0] for g in growth):g} objects, {max(g[1] for g in growth):g} bytes"
        if ratios:
            slowest = max(ratios)
            row["speed"] = f"{slowest[0]:+.1f} %, slowest of {len(ratios)}: " + self.module["benchmark"][int(slowest[1] or 1) - 1] if len(ratios) > 1 else f"{slowest[0]:+.1f} %"
        if not re.search(r"^(ok|FAIL) ", text, re.M):
            worse.append((text.strip().splitlines() or ["nothing"])[-1])
        elif status not in (0, 2) and not worse:
            worse.append(f"exit status {status}")
        row["result"] = "good" if not worse else "; ".join(worse)


def summary(rows):
    whole = [row for row in rows if row["level"] == "interpreters" and row["own_gil"] == "three interpreters" and row["result"] == "good"]
    tested = [row for row in whole if re.search(r"\d (passed|ran).*same$", row["tests"])]
    return (f"{len(rows)} modules: {len(whole)} reach interpreters with their own GIL and nothing got worse, {len(tested)} of them by their own tests; "
            f"{sum(row['level'] == 'refused' for row in rows)} refused")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "rewrite", "record", "report"])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="default: all of migrated.toml")
    parser.add_argument("--work", type=pathlib.Path, default=PROJECT / "build" / "corpus", metavar="DIR", help="as for run.py")
    parser.add_argument("--python", type=pathlib.Path, default=pathlib.Path(shutil.which("python3.13") or "python3.13"), metavar="FILE",
                        help="an interpreter with its headers (default: python3.13 on the PATH)")
    parser.add_argument("--python-headers", type=pathlib.Path, default=PROJECT / "build" / "python", metavar="DIR")
    parser.add_argument("--manifest", type=pathlib.Path, default=HERE / "migrated.toml", metavar="FILE")
    parser.add_argument("--tool", metavar="FILE", default=PROJECT / "build" / "llvm-19" / "bin" / "pyext-migrate")
    parser.add_argument("--no-benchmark", action="store_true", help="only what does not depend on the load of the machine")
    parser.add_argument("--count", action="store_true", help="instructions below valgrind in place of time: the same on a busy machine")
    parser.add_argument("--timeout", type=int, default=3600, metavar="SECONDS", help="for one module (default: 3600)")
    options = parser.parse_intermixed_args()
    options.work = options.work.resolve()
    results = options.work / "migrated" / "results"
    try:
        modules = read_manifest(options.manifest, options.modules)
        if options.command == "report":
            with open(TABLE, newline="", encoding="utf-8") as file:
                print(summary(list(csv.DictReader(file))))
            return 0
        rows = []
        if options.command == "record":
            for module in modules:
                path = results / f"{module['name'].split(' ')[0]}.json"
                if not path.is_file():
                    continue  # What an earlier run said stays.
                rows.append({**json.loads(path.read_text()), "first": module.get("first", ""), "note": module.get("note", "")})
            known = {row["module"] for row in rows}
            with open(TABLE, newline="", encoding="utf-8") as file:
                rows += [row for row in csv.DictReader(file) if row["module"] not in known]
            with open(TABLE, "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
            print(summary(rows))
            return 0
        python = fixes.Python(options)
        own = pathlib.Path(subprocess.run([python.program, "-c", "import sysconfig; print(sysconfig.get_path('include'))"], stdout=subprocess.PIPE, text=True).stdout.strip())
        if (own / "Python.h").is_file():
            python.includes = [own]
        results.mkdir(parents=True, exist_ok=True)
        for module in modules:
            if options.no_benchmark:
                module.pop("benchmark", None)
            try:
                one = Run(module, python, options)
                one.run()
            except (corpus.Error, subprocess.TimeoutExpired) as error:
                print(f"{module['name']}: {error}", file=sys.stderr, flush=True)
                rows.append({column: "" for column in COLUMNS} | {"module": module["name"], "result": f"not run: {error}"})
                continue
            if options.command == "run" or not (results / f"{module['name'].split(' ')[0]}.json").exists():
                (results / f"{module['name'].split(' ')[0]}.json").write_text(json.dumps(one.row, indent=1))
            rows.append(one.row)
            print(", ".join(f"{key}: {value}" for key, value in one.row.items() if value != ""), flush=True)
        print(summary(rows))
        return 1 if any(row["result"] != "good" and row["level"] != "refused" for row in rows) else 0
    except (corpus.Error, OSError) as error:
        print(f"migrated.py: error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
