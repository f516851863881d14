#!/usr/bin/env python3
"""Run all checks on real extensions and compare with the findings somebody has read.

    run.py fetch  [PACKAGE...]    fetch and unpack the sdists of manifest.toml (run does this itself when needed)
    run.py run    [PACKAGE...]    analyse every file with GIL and free-threaded headers, compare, write the results
    run.py update [PACKAGE...]    write the findings of the last run to findings/, keeping the verdicts already given
    run.py report                 print the summary of the last run: precision, trouble, time and memory

The manifest names each package, its exact version and the digest of its sdist, the files to check and their flags. A
source file of a package that is neither listed nor skipped with a reason is an error. Sdists come through pip and are
only unpacked: none of their code is executed. They, and the results, are kept under --work, outside version control.

findings/<package>.csv holds every finding with a verdict (true, false or arguable) and its reason. Rows are matched by
check, file, function and the text of the line (hashed in the column key), not by line number or message.

`run` ends with status 0 only if every file was analysed in both configurations (a file that has no free-threaded build is
listed as gil_only in the manifest, with the reason), the findings are the recorded ones, and each of them has a verdict.
"""

import argparse
import collections
import concurrent.futures
import csv
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SOURCES = {".c", ".cc", ".cpp", ".cxx"}
CONFIGURATIONS = {"gil": [], "ft": ["-DPy_GIL_DISABLED=1"]}
VERDICTS = ("true", "false", "arguable")
COLUMNS = ["check", "file", "line", "function", "key", "message", "configurations", "verdict", "reason"]

DIAGNOSTIC = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+): (?P<kind>fatal error|error|warning|note): "
                        r"(?P<message>.*?)(?: \[(?P<check>[\w.,-]+)\])?$")


class Error(Exception):
    """Something the user has to know; printed without a traceback."""


# Packages and their sdists ------------------------------------------------------------------------------------------

def read_manifest(names, path=HERE / "manifest.toml"):
    with open(path, "rb") as file:
        manifest = tomllib.load(file)
    known = {package["name"]: package for package in manifest["package"]}
    for name in names:
        if name not in known:
            raise Error(f"manifest.toml: no package named '{name}'")
    allowed = {"name", "version", "sha256", "what", "python", "files", "skip", "std", "include", "define", "flags",
               "headers", "generated", "gil_only", "ft_define"}
    for package in manifest["package"]:
        if unknown := set(package) - allowed:
            raise Error(f"manifest.toml: {package['name']}: unknown key '{min(unknown)}'")
        package.setdefault("python", manifest["python"])
        for header in package.get("headers", []):
            if header not in manifest.get("headers", {}):
                raise Error(f"manifest.toml: {package['name']}: no [headers.{header}]")
    return manifest, [known[name] for name in names] if names else manifest["package"]


# pip asks the build backend of an sdist for its metadata before it hands the file over. This backend answers with what
# the sdist already says about itself, so that fetching an extension does not run its setup.py.
BACKEND = '''
import email.parser
import os

class Backend:
    def get_requires_for_build_wheel(self, config_settings=None):
        return []
    def prepare_metadata_for_build_wheel(self, directory, config_settings=None):
        with open("PKG-INFO", encoding="utf-8", errors="replace") as file:
            info = email.parser.Parser().parse(file, headersonly=True)
        name = "%s-%s.dist-info" % (info["Name"].replace("-", "_"), info["Version"])
        os.mkdir(os.path.join(directory, name))
        with open(os.path.join(directory, name, "METADATA"), "w", encoding="utf-8") as file:
            file.write("Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" % (info["Name"], info["Version"]))
        return name

__legacy__ = Backend()
get_requires_for_build_wheel = __legacy__.get_requires_for_build_wheel
prepare_metadata_for_build_wheel = __legacy__.prepare_metadata_for_build_wheel
'''
BACKENDS = ["setuptools", "setuptools/build_meta", "mesonpy", "scikit_build_core", "scikit_build_core/build"]


def pip_download(requirement, options, directory):
    """The one file pip leaves in the empty folder `directory`."""
    with tempfile.TemporaryDirectory() as stand_ins:
        for backend in BACKENDS:
            path = pathlib.Path(stand_ins, backend)
            if any(other.startswith(backend + "/") for other in BACKENDS):
                path = path / "__init__"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(path.name + ".py").write_text(BACKEND)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check",
                   *options, "--dest", str(directory), requirement]
        result = subprocess.run(command, env={**os.environ, "PYTHONPATH": stand_ins}, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
    files = list(pathlib.Path(directory).iterdir())
    if result.returncode or len(files) != 1:
        raise Error(f"pip could not download {requirement}:\n{result.stdout.strip()}")
    return files[0]


def source_of(package, work):
    """The folder the sdist unpacks to; fetched if it is not there yet."""
    folder = work / "sdists" / f"{package['name']}-{package['version']}"
    if folder.is_dir():
        return folder
    work.joinpath("sdists").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as temporary:
        downloads = pathlib.Path(temporary, "download")
        downloads.mkdir()
        print(f"fetching {package['name']} {package['version']}", file=sys.stderr, flush=True)
        archive = pip_download(f"{package['name']}=={package['version']}",
                               ["--no-binary", ":all:", "--no-build-isolation", "--use-pep517"], downloads)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != package["sha256"]:
            raise Error(f"{archive.name}: sha256 is {digest}, but manifest.toml says {package['sha256']}")
        unpacked = pathlib.Path(temporary, "unpacked")
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as file:
                file.extractall(unpacked)
        else:
            with tarfile.open(archive) as file:
                file.extractall(unpacked, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        tops = list(unpacked.iterdir())
        if len(tops) != 1:
            raise Error(f"{archive.name} does not unpack to one folder")
        tops[0].rename(folder)
    return folder


def headers_of(name, manifest, work):
    """The include folder of a header-only package; fetched if it is not there yet."""
    header = manifest["headers"][name]
    folder = work / "headers" / f"{name}-{header['version']}"
    if not folder.is_dir():
        work.joinpath("headers").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work) as temporary:
            downloads = pathlib.Path(temporary, "download")
            downloads.mkdir()
            wheel = pip_download(f"{name}=={header['version']}", ["--only-binary", ":all:"], downloads)
            unpacked = pathlib.Path(temporary, "unpacked")
            with zipfile.ZipFile(wheel) as file:
                file.extractall(unpacked)
            unpacked.rename(folder)
    return folder / header["include"]


def files_of(package, source):
    """The files to check, after making sure that every other source file is skipped on purpose."""
    chosen = set()
    for pattern in package["files"]:
        found = {path for path in source.glob(pattern) if path.suffix in SOURCES}
        if not found:
            raise Error(f"{package['name']}: no source file matches '{pattern}'")
        chosen |= found
    skipped = set()
    for skip in package.get("skip", []):
        found = {path for path in source.glob(skip["files"]) if path.suffix in SOURCES}
        if not skip["why"]:
            raise Error(f"{package['name']}: skips '{skip['files']}' without a reason")
        skipped |= found
    every = {path for path in source.rglob("*") if path.suffix in SOURCES and path.is_file()}
    if forgotten := sorted(every - chosen - skipped):
        raise Error(f"{package['name']}: neither checked nor skipped: {forgotten[0].relative_to(source)}"
                    + (f" and {len(forgotten) - 1} more" if len(forgotten) > 1 else ""))
    return sorted(chosen)


def flags_of(package, source, manifest, options, includes=None):
    """Compiler flags of a package; `includes` are folders with the headers of another Python."""
    python = pathlib.Path(options.python_headers, f"root-{package['python']}", "usr", "include")
    if not includes:
        includes = [python / f"python{package['python']}", python]
        if not (includes[0] / "Python.h").is_file():
            raise Error(f"no headers of Python {package['python']} in {options.python_headers}; "
                        f"tools/house/fetch_python_headers.py fetches them")
    flags = ["-I" + str(include) for include in includes]
    if "std" in package:
        flags.append("-std=" + package["std"])
    flags += ["-I" + str(source / folder) for folder in package.get("include", [])]
    flags += ["-I" + str(headers_of(name, manifest, options.work)) for name in package.get("headers", [])]
    for header in package.get("generated", []):
        path = options.work / "generated" / package["name"] / header["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(header["text"])
    if "generated" in package:
        flags.append("-I" + str(options.work / "generated" / package["name"]))
    flags += ["-D" + define for define in package.get("define", [])]
    return flags + package.get("flags", []) + ["-w"]


# Running ------------------------------------------------------------------------------------------------------------

def measure(command, timeout, folder):
    """Exit status, output, user CPU in seconds and peak memory in MiB of one command; status None after a time-out."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   cwd=folder)
        deadline, timed_out = time.monotonic() + timeout, False
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline and not timed_out:
                timed_out = True
                process.send_signal(signal.SIGKILL)
            time.sleep(0.005)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return None if timed_out else process.returncode, text, usage.ru_utime, usage.ru_maxrss / 1024


FUNCTION = re.compile(r"^(?![#{}/*\s])(?!(?:if|for|while|switch|return|else|typedef|struct|enum|namespace|extern)\b)"
                      r"[^;=]*?([A-Za-z_~][\w:~]*)\s*\(")


def function_at(lines, line):
    """The function a 1-based line is in, as far as its layout shows; empty if it does not."""
    for number in range(min(line, len(lines)), 0, -1):
        text = lines[number - 1]
        if number != line and text.startswith("}"):
            return ""
        if match := FUNCTION.match(text):
            return match[1]
    return ""


class Lines:
    """The lines of source files, each read once."""

    def __init__(self):
        self.files = {}

    def of(self, path):
        if path not in self.files:
            self.files[path] = path.read_text(errors="replace").splitlines()
        return self.files[path]


def parse(text, source, folder):
    """(findings, errors) of one run. A finding is a dictionary with check, file, line, column, message and notes."""
    findings, errors, current = [], [], None
    for line in text.splitlines():
        match = DIAGNOSTIC.match(line)
        if not match:
            if re.match(r"(Error|error|.*: error): ", line):
                errors.append(line)
            continue
        try:
            file = pathlib.Path(folder, match["file"]).resolve().relative_to(source.resolve()).as_posix()
        except ValueError:
            file = match["file"]
        place = {"file": file, "line": int(match["line"]), "column": int(match["column"]),
                 "message": match["message"]}
        if match["kind"] == "note":
            if current is not None:
                current["notes"].append(place)
        elif (match["check"] or "").startswith("clang-diagnostic") or not match["check"]:
            current = None
            if match["kind"] != "warning":
                errors.append(line)
        else:
            current = {"check": match["check"].split(",")[0], **place, "notes": []}
            findings.append(current)
    return findings, errors


def analyse(package, source, path, flags, options):
    """Both configurations of one file: findings with the configurations they show in, trouble, functions the tool says it
    left out, measurements, and all files of the package that it consists of."""
    relative = path.relative_to(source).as_posix()
    merged, trouble, partial, numbers, own = {}, [], set(), [], {relative}
    gil_only = any(path.match(rule["files"]) for rule in package.get("gil_only", []))
    for configuration, extra in CONFIGURATIONS.items():
        if gil_only and configuration != "gil":
            continue
        compile_flags = flags + extra
        if extra:
            compile_flags = compile_flags + ["-D" + define for define in package.get("ft_define", [])]
        depends = options.work / f"depends-{os.getpid()}-{threading.get_ident()}"
        clang = [options.clang, "-fsyntax-only", "-MMD", "-MF", str(depends), *compile_flags, str(path)]
        tidy = [*options.tidy, "-checks=" + options.checks, "-header-filter=^" + re.escape(str(source)) + "/",
                str(path), "--", *compile_flags]
        best = {}
        for _ in range(options.repeat):
            for tool, command in (("clang", clang), ("tidy", tidy)):
                status, text, cpu, memory = measure(command, options.timeout, source)
                if tool not in best or cpu < best[tool][2]:
                    best[tool] = (status, text, cpu, memory)
        if depends.is_file():
            for name in depends.read_text(errors="replace").replace("\\\n", " ").split(":", 1)[1].split():
                read = pathlib.Path(source, name).resolve()
                if read.is_relative_to(source):
                    own.add(read.relative_to(source).as_posix())
            depends.unlink()
        for tool in best:
            status, text, cpu, memory = best[tool]
            errors = parse(text, source, source)[1]
            what = f"{relative} [{configuration}] {tool}: "
            if status is None:
                trouble.append(what + f"no end after {options.timeout} s")
            elif status < 0 or status >= 128:
                trouble.append(what + f"crash (status {status}): " + " | ".join(text.strip().splitlines()[:3]))
            elif status:
                trouble.append(what + (errors or text.strip().splitlines() or [f"status {status}"])[0])
        status, text, cpu, memory = best["tidy"]
        for finding in parse(text, source, source)[0]:
            place = (finding["check"], finding["file"], finding["line"], finding["column"], finding["message"])
            merged.setdefault(place, {**finding, "configurations": []})["configurations"].append(configuration)
        for line in text.splitlines():
            if match := re.search(r": remark: (.*? was not analysed.*?)(?: \[[\w-]+\])?$", line):
                partial.add(f"{relative}: {match[1]}")
        numbers.append({"file": relative, "configuration": configuration, "clang_cpu": best["clang"][2],
                        "tidy_cpu": best["tidy"][2], "memory": best["tidy"][3]})
    return list(merged.values()), trouble, partial, numbers, own


def key_findings(findings, source, lines):
    """Give each finding the function it is in and a key that survives a change of line number."""
    seen = collections.Counter()
    for finding in sorted(findings, key=lambda f: (f["file"], f["line"], f["column"], f["check"], f["message"])):
        path = source / finding["file"]
        text = lines.of(path)[finding["line"] - 1].strip() if path.is_file() else ""
        finding["function"] = function_at(lines.of(path), finding["line"]) if path.is_file() else ""
        same = (finding["check"], finding["file"], finding["function"], text)
        seen[same] += 1
        digest = hashlib.sha256(f"{text}\0{seen[same]}".encode()).hexdigest()[:8]
        finding["key"] = digest
        finding["text"] = text


def identity(row):
    return row["check"], row["file"], row["function"], row["key"]


def run_package(package, manifest, options):
    source = source_of(package, options.work).resolve()
    flags = flags_of(package, source, manifest, options)
    files = files_of(package, source)
    lines, merged, trouble, partial, numbers, read = Lines(), {}, [], set(), [], set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for found, problems, left_out, figures, own in pool.map(
                lambda path: analyse(package, source, path, flags, options), files):
            trouble += problems
            read |= own
            partial |= left_out
            numbers += figures
            for finding in found:
                place = (finding["check"], finding["file"], finding["line"], finding["column"], finding["message"])
                if place in merged:
                    merged[place]["configurations"] = sorted({*merged[place]["configurations"],
                                                              *finding["configurations"]})
                else:
                    merged[place] = finding
    findings = list(merged.values())
    key_findings(findings, source, lines)
    count = sum(len(lines.of(source / path)) for path in read)
    return {"name": package["name"], "version": package["version"], "files": len(files), "lines": count,
            "findings": findings, "trouble": trouble, "partial": sorted(partial), "numbers": numbers,
            "gil_only": [f"{rule['files']}: {rule['why']}" for rule in package.get("gil_only", [])]}


# Recorded findings --------------------------------------------------------------------------------------------------

def record_path(name):
    return HERE / "findings" / f"{name}.csv"


def read_record(name):
    path = record_path(name)
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    record = {}
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values() or list(row) != COLUMNS:
            raise Error(f"{path.name}:{number}: the columns are not {', '.join(COLUMNS)}")
        if row["verdict"] and row["verdict"] not in VERDICTS:
            raise Error(f"{path.name}:{number}: the verdict '{row['verdict']}' is none of {', '.join(VERDICTS)}")
        if row["verdict"] and not row["reason"]:
            raise Error(f"{path.name}:{number}: a verdict without a reason")
        record[identity(row)] = row
    return record


def compare(result):
    """(new, gone, unread): findings without a row, rows without a finding, rows without a verdict."""
    record = read_record(result["name"])
    found = {identity(finding): finding for finding in result["findings"]}
    return ([found[k] for k in found if k not in record], [record[k] for k in record if k not in found],
            [record[k] for k in record if k in found and not record[k]["verdict"]])


def update(result):
    record, rows = read_record(result["name"]), []
    for finding in result["findings"]:
        old = record.get(identity(finding), {})
        rows.append({**{column: finding.get(column, "") for column in COLUMNS},
                     "configurations": "+".join(sorted(finding["configurations"], reverse=True)),
                     "verdict": old.get("verdict", ""), "reason": old.get("reason", "")})
    rows.sort(key=lambda row: (row["file"], row["line"], row["check"], row["message"]))
    path = record_path(result["name"])
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# Reporting ----------------------------------------------------------------------------------------------------------

def show(sign, row):
    print(f"  {sign} {row['file']}:{row['line']} {row['function']}: {row['message']} [{row['check']}]")
    for note in row.get("notes", []):
        print(f"        note: {note['file']}:{note['line']}: {note['message']}")


def print_changes(result):
    new, gone, unread = compare(result)
    print(f"{result['name']} {result['version']}: {result['files']} files, {result['lines']} lines, "
          f"{len(result['findings'])} findings, {len(new)} new, {len(gone)} gone, {len(unread)} unread, "
          f"{len(result['trouble'])} not analysed")
    for line in result["trouble"]:
        print("  ! " + line)
    for row in new:
        show("+", row)
    for row in gone:
        show("-", row)
    sys.stdout.flush()
    return not (new or gone or unread or result["trouble"])


def print_report(results):
    verdicts = collections.defaultdict(collections.Counter)
    for result in results:
        record = read_record(result["name"])
        for finding in result["findings"]:
            row = record.get(identity(finding), {})
            verdicts[finding["check"]][row.get("verdict") or "unread"] += 1
    lines = sum(result["lines"] for result in results)
    print(f"{'check':<46}{'found':>7}{'true':>7}{'false':>7}{'arguable':>10}{'unread':>8}{'precision':>11}"
          f"{'per 1000 lines':>16}")
    total = collections.Counter()
    for check, counts in sorted(verdicts.items()):
        print_row(check, counts, lines)
        total += counts
    print_row("all", total, lines)

    numbers = [{**n, "package": result["name"]} for result in results for n in result["numbers"]]
    print(f"\n{len(results)} packages, {sum(r['files'] for r in results)} files, {lines} lines, "
          f"{len(numbers)} runs")
    for result in results:
        for line in result["trouble"]:
            print(f"not analysed: {result['name']}: {line}")
        for line in result["partial"]:
            print(f"left out: {result['name']}: {line}")
        for line in result["gil_only"]:
            print(f"with GIL headers only: {result['name']}: {line}")
    if not numbers:
        return
    ratios = sorted(n["tidy_cpu"] / n["clang_cpu"] for n in numbers if n["clang_cpu"] > 0)
    whole = sum(n["tidy_cpu"] for n in numbers) / max(sum(n["clang_cpu"] for n in numbers), 1e-9)
    print(f"user CPU against clang -fsyntax-only: {whole:.2f} over all files, median {statistics.median(ratios):.2f}, "
          f"worst {ratios[-1]:.2f}")
    print(f"\n{'user CPU s':>10}{'clang s':>9}{'ratio':>7}{'MiB':>6}  file")
    by_file = collections.defaultdict(list)
    for number in numbers:
        by_file[number["package"], number["file"]].append(number)
    for (package, file), runs in by_file.items():
        tidy, clang = sum(n["tidy_cpu"] for n in runs), sum(n["clang_cpu"] for n in runs)
        print(f"{tidy:>10.2f}{clang:>9.2f}{tidy / max(clang, 1e-9):>7.2f}{max(n['memory'] for n in runs):>6.0f}  "
              f"{package}: {file}")


def print_row(name, counts, lines):
    judged = counts["true"] + counts["false"]
    precision = f"{100 * counts['true'] / judged:.1f} %" if judged else "-"
    print(f"{name:<46}{sum(counts.values()):>7}{counts['true']:>7}{counts['false']:>7}{counts['arguable']:>10}"
          f"{counts['unread']:>8}{precision:>11}{1000 * sum(counts.values()) / max(lines, 1):>16.2f}")


# Commands -----------------------------------------------------------------------------------------------------------

def results_path(options, name):
    return options.work / "results" / f"{name}.json"


def read_results(packages, options):
    results = []
    for package in packages:
        path = results_path(options, package["name"])
        if not path.is_file():
            raise Error(f"{package['name']} has not been run yet: run.py run {package['name']}")
        results.append(json.loads(path.read_text()))
    return results


def find_tools(options):
    options.clang = shutil.which(options.clang or f"clang-{options.llvm}")
    if not options.clang:
        raise Error(f"clang-{options.llvm} is not installed")
    if options.plugin:
        tidy = shutil.which(f"clang-tidy-{options.llvm}")
        if not tidy:
            raise Error(f"clang-tidy-{options.llvm} is not installed")
        options.tidy = [tidy, "-load", str(pathlib.Path(options.plugin).resolve())]
    else:
        tool = options.tool or PROJECT / "build" / f"llvm-{options.llvm}" / "bin" / "pyext-tidy"
        if not os.access(tool, os.X_OK):
            raise Error(f"{tool} does not exist; build it or name another one with --tool")
        options.tidy = [str(pathlib.Path(tool).resolve())]
    options.tidy += ["-quiet", *shlex.split(options.tool_options)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["fetch", "run", "update", "report"])
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="default: all of the manifest")
    parser.add_argument("--work", type=pathlib.Path, default=PROJECT / "build" / "corpus", metavar="DIR",
                        help="where sdists and results are kept (default: build/corpus)")
    parser.add_argument("--python-headers", default=PROJECT / "build" / "python", metavar="DIR",
                        help="where tools/house/fetch_python_headers.py has put the headers (default: build/python)")
    parser.add_argument("--llvm", default="19", metavar="N", help="major version of LLVM (default: 19)")
    parser.add_argument("--tool", metavar="FILE", help="the driver (default: build/llvm-<N>/bin/pyext-tidy)")
    parser.add_argument("--plugin", metavar="FILE", help="use clang-tidy-<N> with this plugin instead of the driver")
    parser.add_argument("--clang", metavar="FILE", help="what to compare the time with (default: clang-<N>)")
    parser.add_argument("--checks", default="-*,cpython-*", metavar="GLOBS", help="default: %(default)s")
    parser.add_argument("--tool-options", default="", metavar="OPTIONS", help="more options for the tool, one string")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run everything N times, count the fastest")
    parser.add_argument("--timeout", type=int, default=300, metavar="SECONDS", help="for one file (default: 300)")
    parser.add_argument("-j", "--jobs", type=int, default=1, metavar="N", help="files at a time (default: 1)")
    options = parser.parse_intermixed_args()
    options.work = options.work.resolve()
    options.python_headers = pathlib.Path(options.python_headers).resolve()
    try:
        manifest, packages = read_manifest(options.packages)
        if options.command == "fetch":
            for package in packages:
                files_of(package, source_of(package, options.work))
            return 0
        if options.command == "update":
            for result in read_results(packages, options):
                update(result)
            return 0
        if options.command == "report":
            print_report(read_results(packages, options))
            return 0
        find_tools(options)
        results, clean = [], True
        for package in packages:
            result = run_package(package, manifest, options)
            path = results_path(options, package["name"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(result, indent=1))
            clean = print_changes(result) and clean
            results.append(result)
        print()
        print_report(results)
        return 0 if clean else 1
    except (Error, OSError) as error:
        print(f"run.py: error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
