#!/usr/bin/env python3
"""Apply all safe fixes to real extensions and see whether they still build, pass their own tests and are settled.

    fixes.py run    [PACKAGE...]    fix, build and test packages of fixes.toml, before and after; print the report
    fixes.py record [PACKAGE...]    write what the last run saw to fixes.csv
    fixes.py report                 print the table of the last run

For each package: its sources are copied twice, built and tested as they came; all safe fixes (`pyext-tidy check --fix`, GIL and
free-threaded headers) are applied to the second copy, which is built and tested too. A package is good when

  - it compiles after the fixes, with the GIL and the free-threaded headers of that Python,
  - every test has the outcome it had before,
  - no finding is there that was not there before (same check and message, whatever its line), and
  - a second run of the fixes changes nothing.

fixes.toml says for each package of manifest.toml how its modules are built, with which command of the compiler (never with its
setup.py), and how its tests are run - or why they cannot be here. What tests need besides their package comes as wheels through pip
into <work>/fixes/site. Unlike run.py, this command executes code of the packages: their tests.

Exit status: 0 when all packages are good, 1 when one is not, 2 when something is missing.
"""

import argparse
import collections
import csv
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree

import run as corpus

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
COLUMNS = ["package", "version", "findings", "fixed", "lines", "tests", "passed", "result"]
UNITTEST = re.compile(r"^(\w+ \([\w.]+\)).*?\.\.\. (.*)$", re.MULTILINE)


class Python:
    """The interpreter that runs the tests, and headers to build for it."""

    def __init__(self, options):
        self.program = str(options.python)
        code = "import sys, sysconfig; print('%d.%d' % sys.version_info[:2]); print(sysconfig.get_path('include')); print(sysconfig.get_config_var('EXT_SUFFIX'))"
        result = subprocess.run([self.program, "-c", code], stdout=subprocess.PIPE, text=True)
        if result.returncode:
            raise corpus.Error(f"{self.program} cannot be run; tools/house/fetch_python_interpreters.py fetches one")
        self.version, own, self.suffix = result.stdout.split("\n")[:3]
        root = options.python_headers / f"root-{self.version}" / "usr" / "include"
        self.includes = [root / f"python{self.version}", root] if (root / f"python{self.version}" / "Python.h").is_file() else [pathlib.Path(own)]
        if not (self.includes[0] / "Python.h").is_file():
            raise corpus.Error(f"no headers of Python {self.version}; tools/house/fetch_python_headers.py fetches them")

    def site(self, needs, work):
        """A folder with the wheels that tests need."""
        folder = work / "fixes" / f"site-{self.version}"
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / ".needs"
        have = set(done.read_text().split()) if done.is_file() else set()
        if missing := sorted(set(needs) - have):
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder), "--upgrade",
                       "--python-version", self.version, "--implementation", "cp", "--only-binary", ":all:", *missing]
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if result.returncode:
                raise corpus.Error(f"pip could not install {' '.join(missing)}:\n{result.stdout.strip()}")
            done.write_text("\n".join(sorted(have | set(missing))))
        return folder


def read_recipes(path, manifest, names):
    with open(path, "rb") as file:
        recipes = {recipe["name"]: recipe for recipe in tomllib.load(file)["package"]}
    known = {package["name"] for package in manifest["package"]}
    allowed = {"name", "modules", "path", "needs", "before", "pytest", "unittest", "program", "why"}
    for recipe in recipes.values():
        if unknown := set(recipe) - allowed:
            raise corpus.Error(f"{path.name}: {recipe['name']}: unknown key '{min(unknown)}'")
        if recipe["name"] not in known:
            raise corpus.Error(f"{path.name}: '{recipe['name']}' is not in the manifest")
    if forgotten := sorted(known - set(recipes)):
        raise corpus.Error(f"{path.name}: neither tested nor left out with a reason: {', '.join(forgotten)}")
    for name in names:
        if name not in recipes:
            raise corpus.Error(f"{path.name}: no package named '{name}'")
    return [recipes[name] for name in names or sorted(recipes, key=str.lower)]


class Package:
    """One package, its two copies and how it is built and tested."""

    def __init__(self, recipe, manifest, python, options):
        self.recipe, self.python, self.options = recipe, python, options
        self.manifest = manifest
        self.entry = next(package for package in manifest["package"] if package["name"] == recipe["name"])
        self.source = corpus.source_of(self.entry, options.work).resolve()
        self.work = options.work / "fixes" / recipe["name"]
        shutil.rmtree(self.work, ignore_errors=True)
        self.copies = {}
        for side in ("before", "after"):
            self.copies[side] = self.work / side
            shutil.copytree(self.source, self.copies[side], symlinks=True)

    def flags(self, side):
        """Those of the manifest, with the headers of the Python that runs the tests."""
        flags = corpus.flags_of({**self.entry, "python": self.python.version}, self.copies[side], self.manifest, self.options, self.python.includes)
        return [flag for flag in flags if flag != "-w"]

    def build(self, side):
        """"" or why a module could not be built."""
        folder = self.copies[side]
        for module in self.recipe["modules"]:
            sources = [path for pattern in module["sources"] for path in sorted(folder.glob(pattern))]
            flags = self.flags(side) + shlex.split(module.get("flags", ""))
            objects = []
            for number, source in enumerate(sources):
                target = self.work / f"{side}-{number}.o"
                other = "-std=c++" if source.suffix == ".c" else "-std=c"
                language = [flag for flag in flags if not flag.startswith(other) or (source.suffix != ".c" and flag.startswith("-std=c++"))]
                command = [self.options.clang, "-c", "-fPIC", "-pthread", "-O1", "-w", *language, str(source), "-o", str(target)]
                result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
                if result.returncode:
                    errors = [line for line in result.stdout.splitlines() if "error:" in line] or result.stdout.splitlines()[-1:]
                    return f"{module['name']} does not compile {side} the fixes: {errors[0] if errors else result.returncode}"
                objects.append(target)
            library = folder / (module["name"] + self.python.suffix)
            library.parent.mkdir(parents=True, exist_ok=True)
            driver = self.options.clang + ("++" if any(source.suffix != ".c" for source in sources) else "")
            driver = re.sub(r"clang-(\d+)\+\+$", r"clang++-\1", driver)
            command = [driver, "-shared", "-pthread", *map(str, objects), "-o", str(library), *shlex.split(module.get("libraries", ""))]
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
            for path in objects:
                path.unlink()
            if result.returncode:
                return f"{module['name']} does not link {side} the fixes: {result.stdout.strip().splitlines()[-1]}"
        return ""

    def compiles_free_threaded(self, files):
        """"" or the first error of a changed file with free-threaded headers."""
        for file in files:
            flags = [flag for flag in self.flags("after")]
            command = [self.options.clang, "-fsyntax-only", "-w", "-DPy_GIL_DISABLED=1", *flags, str(file)]
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.copies["after"])
            if result.returncode and subprocess.run([*command[:-1], str(self.copies["before"] / file.relative_to(self.copies["after"]))],
                                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.copies["before"]).returncode == 0:
                return f"{file.name} does not compile for free threading after the fixes: " + \
                    next((line for line in result.stdout.splitlines() if "error:" in line), "")
        return ""

    def tests(self, side):
        """Outcome by test, or a string that says why there is none."""
        folder, recipe = self.copies[side], self.recipe
        site = self.python.site([*(["pytest"] if "pytest" in recipe else []), *recipe.get("needs", [])], self.options.work) \
            if "pytest" in recipe or "needs" in recipe else None
        path = [str(folder / entry) for entry in recipe.get("path", ["."])] + ([str(site)] if site else [])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1",
                       "TMPDIR": str(self.work)}
        for command in recipe.get("before", []):
            subprocess.run([part.replace("{python}", self.python.program) for part in shlex.split(command)], cwd=folder, env=environment, check=True)
        report = self.work / f"{side}.xml"
        if "pytest" in recipe:
            command = [self.python.program, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", f"--junitxml={report}", "-o", "addopts=",
                       "-o", "filterwarnings=", *shlex.split(recipe["pytest"])]
        elif "unittest" in recipe:
            command = [self.python.program, "-m", "unittest", *shlex.split(recipe["unittest"]), "-v"]
        else:
            command = [self.python.program, *shlex.split(recipe["program"])]
        log = self.work / f"{side}-tests.txt"
        try:
            with open(log, "w", encoding="utf-8") as output:
                result = subprocess.run(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=self.options.timeout)
        except subprocess.TimeoutExpired:
            return f"no end after {self.options.timeout} s"
        text = log.read_text(errors="replace")
        if result.returncode < 0 or result.returncode >= 128:
            return f"the tests crash (status {result.returncode}): " + (text.strip().splitlines() or [""])[-1]
        outcomes = {}
        if "pytest" in recipe:
            if not report.is_file():
                return "no tests were run: " + (text.strip().splitlines() or [""])[-1]
            for case in xml.etree.ElementTree.parse(report).iter("testcase"):
                kind = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
                outcomes[f"{case.get('classname')}.{case.get('name')}"] = kind
        elif "unittest" in recipe:
            for name, outcome in UNITTEST.findall(text):
                outcomes[name] = "passed" if outcome.strip() == "ok" else "skipped" if outcome.startswith(("skipped", "expected")) else "failure"
        else:
            outcomes[recipe["program"]] = "failure" if result.returncode else "passed"
        return outcomes or "no tests were run: " + (text.strip().splitlines() or [""])[-1]

    def tidy(self, side, *extra):
        """(findings as a counter, "" or what went wrong) of one run of the tool over the files of the manifest."""
        folder, report = self.copies[side], self.work / f"{side}.json"
        files = [str(path) for path in corpus.files_of(self.entry, folder)]
        gil_only = bool(self.entry.get("gil_only"))
        command = [*self.options.tidy, "check", "-j1", "--quiet", f"--config={'gil' if gil_only else 'gil,ft'}", f"--timeout={self.options.timeout}",
                   f"--json={report}", *extra, *files, "--", *self.flags(side), "-w"]
        report.unlink(missing_ok=True)
        result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        (self.work / f"{side}-tidy.txt").write_text(result.stdout + result.stderr)
        if result.returncode not in (0, 1) or not report.is_file():
            return collections.Counter(), f"pyext-tidy ends with status {result.returncode}: " + (result.stderr.strip().splitlines() or [""])[0]
        data = json.loads(report.read_text())
        return collections.Counter((f["check"], f["file"], same_message(f["message"])) for f in data["findings"]), ""


def same_message(message):
    """A fix moves lines, and puts PyDict_GetItemRef where PyDict_GetItem was: what is said of it is not new."""
    return re.sub(r"'(Py\w+?)(?:WithError|Ref)'", r"'\1'", re.sub(r"\bline \d+", "a line", message))


def digests(folder):
    return {path: hashlib.sha256(path.read_bytes()).digest() for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()}


def changed_lines(before, after):
    result = subprocess.run(["diff", "-r", "-U0", str(before), str(after)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return sum(line.startswith((b"+", b"-")) and not line.startswith((b"+++", b"---")) for line in result.stdout.splitlines())


def run_package(recipe, manifest, python, options):
    """What the report says of one package."""
    seen = {"package": recipe["name"], "version": next(p["version"] for p in manifest["package"] if p["name"] == recipe["name"]),
            "findings": "", "fixed": "", "lines": "", "tests": "", "passed": "", "result": "", "problems": []}
    if "why" in recipe:
        return {**seen, "result": "not run: " + recipe["why"]}
    problems = seen["problems"]
    package = Package(recipe, manifest, python, options)
    before, wrong = package.tidy("before")
    if wrong:
        return {**seen, "problems": [wrong]}
    seen["findings"] = sum(before.values())
    start = digests(package.copies["after"])
    wrong = package.tidy("after", "--fix")[1]
    once = digests(package.copies["after"])
    if wrong:
        return {**seen, "problems": [wrong]}
    changed = [path for path in once if once[path] != start.get(path)]
    seen["lines"] = changed_lines(package.copies["before"], package.copies["after"])
    after, wrong = package.tidy("after", "--fix")
    if wrong:
        return {**seen, "problems": [wrong]}
    if again := [path for path, digest in digests(package.copies["after"]).items() if digest != once.get(path)]:
        problems.append(f"a second run changes {again[0].relative_to(package.copies['after'])}")
    seen["fixed"] = sum((before - after).values())
    for (check, file, message), count in sorted((after - before).items()):
        problems.append(f"new after the fixes: {file}: {message} [{check}]" + (f" ({count} times)" if count > 1 else ""))
    if not package.entry.get("gil_only") and (wrong := package.compiles_free_threaded([p for p in changed if p.suffix in corpus.SOURCES])):
        problems.append(wrong)
    outcomes = {}
    for side in ("before", "after"):
        if wrong := package.build(side):
            return {**seen, "problems": [*problems, wrong]}
        outcomes[side] = package.tests(side)
        if isinstance(outcomes[side], str):
            return {**seen, "problems": [*problems, f"{side} the fixes: {outcomes[side]}"]}
    seen["tests"] = len(outcomes["before"])
    seen["passed"] = sum(outcome == "passed" for outcome in outcomes["after"].values())
    if not any(outcome == "passed" for outcome in outcomes["before"].values()):
        problems.append("not one test passes before the fixes")
    for name in sorted({*outcomes["before"], *outcomes["after"]}):
        pair = [outcomes[side].get(name, "missing") for side in ("before", "after")]
        if pair[0] != pair[1]:
            problems.append(f"test {name}: {pair[0]} before the fixes, {pair[1]} after them")
    return seen


def finish(seen):
    if not seen["result"]:
        seen["result"] = "; ".join(seen["problems"][:3]) + (f"; {len(seen['problems']) - 3} more" if len(seen["problems"]) > 3 else "") or "good"
    return seen


def print_table(rows):
    print("| package | findings | fixed | lines changed | tests | passed after | result |\n|---|--:|--:|--:|--:|--:|---|")
    for row in rows:
        print("| {package} {version} | {findings} | {fixed} | {lines} | {tests} | {passed} | {result} |".format(**{**row, "result": row["result"].replace("|", "\\|")}))
    tested = [row for row in rows if not row["result"].startswith("not run")]
    good = [row for row in tested if row["result"] == "good"]
    print(f"\n{len(tested)} packages, {len(good)} good, {sum(row['fixed'] or 0 for row in tested)} findings fixed in "
          f"{sum(bool(row['fixed']) for row in tested)} packages, {sum(row['tests'] or 0 for row in tested)} tests; {len(rows) - len(tested)} packages not run")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "record", "report"])
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="default: all of fixes.toml")
    parser.add_argument("--work", type=pathlib.Path, default=PROJECT / "build" / "corpus", metavar="DIR", help="as for run.py")
    parser.add_argument("--python", type=pathlib.Path, default=PROJECT / "build" / "python" / "bin" / "python3.13", metavar="FILE",
                        help="runs the tests (default: build/python/bin/python3.13)")
    parser.add_argument("--python-headers", type=pathlib.Path, default=PROJECT / "build" / "python", metavar="DIR")
    parser.add_argument("--manifest", type=pathlib.Path, default=HERE / "manifest.toml", metavar="FILE")
    parser.add_argument("--recipes", type=pathlib.Path, default=HERE / "fixes.toml", metavar="FILE")
    parser.add_argument("--llvm", default="19", metavar="N", help="major version of LLVM (default: 19)")
    parser.add_argument("--tool", metavar="FILE", help="the driver (default: build/llvm-<N>/bin/pyext-tidy)")
    parser.add_argument("--clang", metavar="FILE", help="the compiler (default: clang-<N>)")
    parser.add_argument("--timeout", type=int, default=900, metavar="SECONDS", help="for the tests of one package (default: 900)")
    options = parser.parse_intermixed_args()
    options.work, options.python_headers = options.work.resolve(), options.python_headers.resolve()
    try:
        manifest = corpus.read_manifest([], options.manifest)[0]
        recipes = read_recipes(options.recipes, manifest, options.packages)
        results = options.work / "fixes" / "results"
        if options.command != "run":
            rows = []
            for recipe in recipes:
                path = results / f"{recipe['name']}.json"
                if not path.is_file():
                    raise corpus.Error(f"{recipe['name']} has not been run yet: fixes.py run {recipe['name']}")
                rows.append(json.loads(path.read_text()))
            if options.command == "record":
                with open(HERE / "fixes.csv", "w", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
                    writer.writeheader()
                    writer.writerows(rows)
            print_table(rows)
            return 0
        options.plugin, options.tool_options = None, ""
        corpus.find_tools(options)
        options.tidy = [part for part in options.tidy if part != "-quiet"]
        python, rows = Python(options), []
        for recipe in recipes:
            seen = finish(run_package(recipe, manifest, python, options))
            results.mkdir(parents=True, exist_ok=True)
            (results / f"{recipe['name']}.json").write_text(json.dumps(seen, indent=1))
            if seen["problems"]:
                print(f"{seen['package']}:", *seen["problems"], sep="\n  ", flush=True)
            rows.append(seen)
        print_table(rows)
        return 1 if any(row["problems"] for row in rows) else 0
    except (corpus.Error, OSError, subprocess.CalledProcessError) as error:
        print(f"fixes.py: error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
