"""Proves a rewrite: builds an extension before and after in copies of its project, and compares the two.

    verify.py JOB.json

The job is an object:

    root                  the project, copied for each interpreter and each of the two versions
    files                 what the rewrite changes: from a path below root to a file with the new text
    modules               "name", "claims_own_gil", "claims_no_gil", and "commands" to compile it: "file", "folder", "arguments"
    pythons               interpreters; python3 when empty
    build, test           commands, run by the shell in the copy; empty for none
    benchmarks            such commands to compare the speed with
    keep                  keep the copies

Each line of the output is one thing that was tried. The exit status is 0 when nothing got worse. Nothing outside of a temporary
folder is written. pyext-migrate carries this file and probe.py, and runs it for --verify.
"""

import argparse
import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROBE = os.path.join(HERE, "probe.py")
INTERPRETERS = 3
IMPORTS = 100
SLOWER = 1.05
TIMEOUT = 1800
# Never part of a build, and large.
NOT_COPIED = shutil.ignore_patterns(".git", ".hg", ".tox", ".nox", ".venv", "venv", "__pycache__", ".mypy_cache", ".pytest_cache", "node_modules")
# What may grow with an import and is no leak: caches that round up.
ALLOWED = {"objects": 0.5, "blocks": 0.5, "bytes": 8, "references": 0.9}


class Stop(Exception):
    """What makes it pointless to go on with one interpreter."""


class Report:
    def __init__(self):
        self.failed = 0

    def say(self, verdict, text):
        print(f"{verdict:5} {text}", flush=True)

    def ok(self, text):
        self.say("ok", text)

    def skip(self, text):
        self.say("skip", text)

    def fail(self, text, output=""):
        self.failed += 1
        self.say("FAIL", text)
        self.show(output, 15)

    def show(self, output, lines):
        for line in output.strip().splitlines()[-lines:]:
            print(f"      | {line}", flush=True)


def run(command, **keywords):
    """Returns the process with its output; a timeout is exit status 124."""
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", check=False, timeout=TIMEOUT, **keywords)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no end after {TIMEOUT} seconds")
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


class Python:
    """An interpreter under test."""

    def __init__(self, name):
        self.path = name if os.sep in name else shutil.which(name) or shutil.which("python" + name) or name
        code = ("import sys, sysconfig as s, json; p = s.get_paths(); "
                "print(json.dumps([list(sys.version_info[:3]), s.get_config_var('EXT_SUFFIX') or '.so', "
                "[p['include'], p['platinclude'], s.get_config_var('INCLUDEPY') or ''], hasattr(sys, 'gettotalrefcount'), "
                "bool(s.get_config_var('Py_GIL_DISABLED'))]))")
        about = run([self.path, "-c", code])
        if about.returncode:
            raise Stop(f"{name}: is no interpreter that runs: {about.stderr.strip()}")
        version, self.suffix, includes, self.debug, self.free_threaded = json.loads(about.stdout.splitlines()[-1])
        self.version = tuple(version)
        self.includes = []
        # A debug build that is made apart may have the headers of the other one.
        for folder in includes + [i[:-1] for i in includes if i.endswith("d")]:
            if folder and folder not in self.includes and os.path.exists(os.path.join(folder, "Python.h")):
                # Debian's pyconfig.h includes another one from the folder above.
                self.includes += [folder, os.path.dirname(folder)]
        self.label = "Python " + ".".join(map(str, version)) + (" (debug)" if self.debug else "") + (" without the GIL" if self.free_threaded else "")


def packages_of(folder):
    """The packages that a folder is, from the outermost one."""
    parts = []
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, last = os.path.split(folder)
        parts.insert(0, last)
    # Below src, a folder with nothing but packages is one of several places of a namespace.
    inner = re.search(r".*/src/(.+)$", folder.replace(os.sep, "/")) if parts else None
    if inner and not any(os.path.isfile(os.path.join(folder, name)) for name in os.listdir(folder)):
        parts = inner[1].split("/") + parts
    return parts


class Copy:
    """The project before or after, for one interpreter."""

    def __init__(self, job, python, folder, after):
        self.job, self.python, self.after = job, python, after
        self.which = "after" if after else "before"
        self.root = os.path.join(folder, self.which)
        self.out = os.path.join(folder, self.which + "-out")
        shutil.copytree(job["root"], self.root, symlinks=True, ignore=NOT_COPIED, ignore_dangling_symlinks=True)
        os.makedirs(self.out)
        if after:
            for name, text in job["files"].items():
                target = os.path.realpath(os.path.join(self.root, name))
                if not target.startswith(os.path.realpath(folder) + os.sep):
                    raise Stop(f"{name} is a link out of the project; name the folder with all files with --project")
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copyfile(text, target)
        self.paths = []
        self.names = {}  # What to import, by what the module calls itself: its package can be missing there.
        self.remove_old()

    def remove_old(self):
        """A module that was built before would be the one that is tested."""
        for module in self.job["modules"]:
            last = module["name"].rpartition(".")[2]
            for folder, _, names in os.walk(self.root):
                for name in names:
                    if re.fullmatch(re.escape(last) + r"(\.[\w-]+)?\.(so|pyd|dylib)", name):
                        os.remove(os.path.join(folder, name))

    def environment(self):
        given = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
        return dict(os.environ, PYTHON=self.python.path, PYTHONDONTWRITEBYTECODE="1", PYEXT_PROBE=self.out,
                    PYTHONPATH=os.pathsep.join(self.paths + given))

    def shell(self, command):
        for name, value in (("python", self.python.path), ("out", self.out), ("root", self.root)):
            command = command.replace("{" + name + "}", shlex.quote(value))
        return run(command, shell=True, cwd=self.root, env=self.environment())

    def here(self, text):
        """The same path in the copy."""
        root = self.job["root"]
        return re.sub(re.escape(root) + r"(?=/|$)", lambda _: self.root, text)

    def build(self):
        """Returns what was printed when it failed, else nothing."""
        problem = ""
        if self.job["build"]:
            self.paths = [self.out, self.root] + [p for p in (os.path.join(self.root, "src"),) if os.path.isdir(p)]
            done = self.shell(self.job["build"])
            if done.returncode:
                return f"'{self.job['build']}' ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            self.find_built()
            return problem
        for module in self.job["modules"]:
            problem = self.compile(module)
            if problem:
                return problem
        return problem

    def find_built(self):
        """Puts the folders with the new modules first."""
        for module in self.job["modules"]:
            parts = module["name"].split(".")
            for top in (self.out, self.root):
                for folder, folders, names in os.walk(top):
                    folders.sort()
                    if not any(re.fullmatch(re.escape(parts[-1]) + r"(\.[\w-]+)?\.(so|pyd)", name) for name in names):
                        continue
                    if len(parts) > 1 and not folder.endswith(os.sep + os.path.join(*parts[:-1])):
                        continue
                    packages = parts[:-1] or packages_of(folder)
                    base = folder[: len(folder) - len(os.sep.join(["", *packages]))] if packages else folder
                    self.names.setdefault(module["name"], ".".join([*packages, parts[-1]]))
                    if base not in self.paths:
                        self.paths.insert(0, base)

    def package_folder(self, module):
        """Where the module goes: into its package when that is there."""
        parts = module["name"].split(".")[:-1]
        for command in [] if parts else module["commands"]:
            parts = packages_of(os.path.dirname(self.here(command["file"])))
            if parts:
                break
        self.names[module["name"]] = ".".join([*parts, module["name"].rpartition(".")[2]])
        bases = [self.root] + [os.path.join(self.root, name) for name in ("src", "lib", "python")]
        for command in module["commands"]:
            folder = os.path.dirname(self.here(command["file"]))
            while folder.startswith(self.root):
                bases.append(folder)
                folder = os.path.dirname(folder)
        for base in bases:
            if parts and os.path.isdir(os.path.join(base, *parts)):
                return base, os.path.join(base, *parts)
        return self.out, os.path.join(self.out, *parts)

    def compile(self, module):
        base, folder = self.package_folder(module)
        os.makedirs(folder, exist_ok=True)
        for path in (self.out, self.root, base):
            if path in self.paths:
                self.paths.remove(path)
            self.paths.insert(0, path)
        if not self.python.includes:
            raise Stop(f"{self.python.path}: no Python.h for it; name a --build command")
        objects, plus = [], False
        for number, command in enumerate(module["commands"]):
            arguments = [self.here(a) for a in command["arguments"]]
            source = self.here(command["file"])
            plus |= not source.endswith(".c")
            objects.append(os.path.join(self.out, f"{module['name']}-{number}.o"))
            line = self.compiler(arguments[0], source) + self.flags(arguments[1:], source)
            line += ["-fPIC", "-w"] + (["-DPy_DEBUG=1"] if self.python.debug else [])
            for include in self.python.includes:
                line += ["-isystem", include]
            where = self.here(command["folder"])
            done = run(line + shlex.split(os.environ.get("CFLAGS", "")) + ["-c", source, "-o", objects[-1]], cwd=where if os.path.isdir(where) else self.root)
            if done.returncode:
                return f"{shlex.join(line)} -c {source}\n{done.stderr}"
        target = os.path.join(folder, module["name"].rpartition(".")[2] + self.python.suffix)
        linker = [os.environ.get("CXX", "c++") if plus else os.environ.get("CC", "cc")]
        done = run(linker + ["-shared", *objects, "-o", target] + shlex.split(os.environ.get("LDFLAGS", "")))
        return f"{module['name']}: {done.stderr}" if done.returncode else ""

    def compiler(self, given, source):
        if shutil.which(given) and os.path.basename(given) not in ("cc", "c++"):
            return [given]
        return shlex.split(os.environ.get("CC", "cc") if source.endswith(".c") else os.environ.get("CXX", "c++"))

    def flags(self, arguments, source):
        """Without output, dependencies and the headers of another Python; optimised, when nothing is said about that."""
        kept, skip = [], False
        pairs = ("-I", "-isystem", "-iquote", "-idirafter")
        for position, argument in enumerate(arguments):
            if skip:
                skip = False
                continue
            following = arguments[position + 1] if position + 1 < len(arguments) else ""
            if argument in ("-o", "-MF", "-MT", "-MQ"):
                skip = True
            elif argument in ("-c", "-MD", "-MMD", "-MP", "-M", "-MM", source) or argument.startswith(("-resource-dir", "-DPy_GIL_DISABLED", "-UPy_GIL_DISABLED")):
                continue
            elif os.path.abspath(os.path.join(self.root, argument)) == source:
                continue
            elif argument in pairs:
                skip = True
                if not os.path.exists(os.path.join(following, "Python.h")):
                    kept += [argument, following]
            elif argument.startswith("-I") and os.path.exists(os.path.join(argument[2:], "Python.h")):
                continue
            else:
                kept.append(argument)
        if any(a.startswith("-O") for a in kept):
            return kept
        # As the Python of a release is built, and extensions with it.
        return kept + (["-O2"] if self.python.debug or "-UNDEBUG" in kept else ["-O2", "-DNDEBUG"])

    def probe(self, what, name, *arguments):
        """What probe.py found; or what it printed when it ended otherwise."""
        line = [what, self.names.get(name, name), *map(str, arguments)]
        environment = {key: value for key, value in self.environment().items() if key != "PYTHON_GIL"}
        done = run([self.python.path, "-B", PROBE, *line], cwd=self.out, env=environment)
        if done.returncode == 0:
            try:
                return json.loads(done.stdout), ""
            except ValueError:
                pass
        how = f"killed by signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        if done.returncode > 128:
            how = f"killed by signal {done.returncode - 128}"
        return None, f"{how}\n{done.stderr}"


def outcome(done):
    """What a test run says of itself, without times: status, counts, and what failed."""
    text = done.stdout + "\n" + done.stderr
    counts = {}
    for match in re.finditer(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b", text):
        counts[match[2].rstrip("s")] = int(match[1])
    for match in re.finditer(r"^Ran (\d+) tests?", text, re.M):
        counts["ran"] = counts.get("ran", 0) + int(match[1])
    for match in re.finditer(r"\b(failures|errors|skipped|expected failures)=(\d+)", text):
        counts[match[1].rstrip("s")] = int(match[2])
    failing = set(re.findall(r"^(?:FAILED|ERROR) ([^\s(]\S*)", text, re.M)) | set(re.findall(r"^(?:FAIL|ERROR): (\S+(?: \(\S+\))?)", text, re.M))
    return done.returncode, counts, failing


def counted(result):
    status, counts, _ = result
    text = ", ".join(f"{number} {what}" for what, number in sorted(counts.items())) or "no counts"
    return text + ("" if status == 0 else f", exit status {status}")


def compare_tests(report, label, before, after):
    old, new = before.shell(before.job["test"]), after.shell(after.job["test"])
    was, now = outcome(old), outcome(new)
    if was == now:
        report.ok(f"{label}: tests: same outcome: {counted(now)}" + (" (they fail before, too)" if now[0] else ""))
        if now[0]:
            report.show((new.stdout + "\n" + new.stderr), 5)
        return
    worse = sorted(now[2] - was[2])
    report.fail(f"{label}: tests: {counted(was)} before, {counted(now)} after" + (f"; now failing: {', '.join(worse[:10])}" if worse else ""),
                new.stdout + new.stderr)


def compare_surface(report, label, name, before, after):
    (old, problem), (new, other) = before.probe("surface", name), after.probe("surface", name)
    if old is None and new is None:
        report.fail(f"{label}: {name}: cannot be imported, neither before nor after", other)
        return False
    if old is None:
        report.skip(f"{label}: {name}: cannot be imported before, so there is nothing to compare with: {problem.strip().splitlines()[-1]}")
        return True
    if new is None:
        report.fail(f"{label}: {name}: cannot be imported any more", other)
        return False
    for copy, found in ((before, old), (after, new)):
        file = os.path.realpath(found["file"] or "")
        if not any(file.startswith(os.path.realpath(f) + os.sep) for f in (copy.root, copy.out)):
            report.fail(f"{label}: {name}: is imported from {file}, not from what was built")
            return False
    changes = []
    for key in ("doc", "names"):
        if old[key] != new[key]:
            if key == "names":
                gone, come = sorted(set(old[key]) - set(new[key])), sorted(set(new[key]) - set(old[key]))
                other_kind = sorted(k for k in set(old[key]) & set(new[key]) if old[key][k] != new[key][k])
                changes.append(f"names: gone {gone}, new {come}, of another type {other_kind}")
            else:
                changes.append("the docstring")
    for key in sorted(set(old["types"]) & set(new["types"])):
        for what, value in old["types"][key].items():
            if new["types"][key][what] == value:
                continue
            if what == "attributes can be set" and after.python.version < (3, 10):
                continue  # There is no flag for that yet.
            if what == "attributes":
                gone, come = sorted(set(value) - set(new["types"][key][what])), sorted(set(new["types"][key][what]) - set(value))
                changes.append(f"{key}: attributes gone {gone}, new {come}")
            else:
                changes.append(f"{key}: {what}: {value!r} before, {new['types'][key][what]!r} after")
    if changes:
        report.fail(f"{label}: {name}: a user sees a difference", "\n".join(changes))
    else:
        report.ok(f"{label}: {name}: {len(new['names'])} names and {len(new['types'])} types look the same")
    return True


def breaking_others(name, copy):
    """The modules of others that it loads, when these alone crash in several interpreters at once."""
    partners = ", ".join(copy.probe("partners", name)[0] or [])
    for _ in range(5 if partners else 0):
        if copy.probe("threads", partners + ",", INTERPRETERS)[0] is None:
            return partners
    return ""


def check_interpreters(report, label, module, after):
    name = module["name"]
    if not module["claims_own_gil"]:
        report.skip(f"{label}: {name}: more interpreters: the module does not claim to support them")
        return
    for what, where in (("interpreters", f"the main and {INTERPRETERS} more interpreters"), ("threads", f"{INTERPRETERS} interpreters at once")):
        found, problem = after.probe(what, name, INTERPRETERS)
        if found is None and what == "threads" and (others := breaking_others(name, after)):
            report.skip(f"{label}: {name}: in {where}: a crash, and {others} crash there without it")
            continue
        if found is None:
            report.fail(f"{label}: {name}: in {where}: {problem.splitlines()[0]}", problem)
            continue
        kind = "each with a GIL of its own" if found["own_gil"] else "which share the GIL: this Python has no other"
        foreign = [p for p in found["problems"] if "does not support loading" in p and name.rpartition(".")[2] not in p.partition("module ")[2].split(" ")[0]]
        if found["problems"] and foreign:
            report.skip(f"{label}: {name}: in {where}: {foreign[0].strip().splitlines()[-1]}")
        elif found["problems"]:
            report.fail(f"{label}: {name}: in {where}: {len(found['problems'])} imports failed", found["problems"][0])
        elif found.get("shared"):
            report.fail(f"{label}: {name}: {len(found['shared'])} objects are shared", "\n".join(found["shared"]))
        elif what == "interpreters":
            report.ok(f"{label}: {name}: in {where}, {kind}: {found['objects']} objects each, none shared")
        else:
            report.ok(f"{label}: {name}: in {where}, three times")


def growing(found):
    """Whether an import leaves something behind."""
    return any(value > ALLOWED[what] for what, value in found["per_import"].items())


def check_leaks(report, label, module, before, after):
    name = module["name"]
    found, problem = after.probe("leaks", name, IMPORTS)
    if found is None:
        report.fail(f"{label}: {name}: {IMPORTS} imports: {problem}", problem)
        return
    if found["skipped"]:
        report.skip(f"{label}: {name}: leaks: {found['skipped']}")
        return
    growth = ", ".join(f"{value:g} {what}" for what, value in found["per_import"].items())
    stays = "; what stays: " + ", ".join("type " + key for key in found["types"]) if found["types"] else ""
    old = before.probe("leaks", name, IMPORTS)[0] if growing(found) or found["kept"] else None
    known = old if old and not old["skipped"] else {"per_import": {}, "kept": []}
    if growing(found):
        if all(value <= known["per_import"].get(what, 0) + ALLOWED[what] for what, value in found["per_import"].items()):
            report.skip(f"{label}: {name}: {IMPORTS} imports leak as they did before; for each: {growth}{stays}")
            return
        report.fail(f"{label}: {name}: {IMPORTS} imports leak; for each: {growth}{stays}")
    elif found["kept"] and set(found["kept"]) <= set(known["kept"]):
        report.skip(f"{label}: {name}: {IMPORTS} imports and releases: {growth} for each; an instance that its module holds keeps it alive, as before: {', '.join(found['kept'])}")
    elif found["kept"]:
        report.fail(f"{label}: {name}: an instance that its module holds keeps type and module alive: {', '.join(found['kept'])}")
    else:
        plain = "; have no collector, and keep their module if that is given one: " + ", ".join(found["uncollected"]) if found["uncollected"] else ""
        report.ok(f"{label}: {name}: {IMPORTS} imports and releases: {growth} for each{plain}")


def check_gil(report, label, module, after):
    """A build without the GIL turns it on for a module that does not say that it needs none."""
    name = module["name"]
    found, problem = after.probe("gil", name)
    if found is None:
        report.fail(f"{label}: {name}: the GIL: {problem.splitlines()[0]}", problem)
        return
    others = [text for text in found["said"] if f"'{name.rpartition('.')[2]}'" not in text and f"'{found['name']}'" not in text]
    if found["before"]:
        report.skip(f"{label}: {name}: the GIL is on before its import")
    elif not found["after"] and module.get("claims_no_gil"):
        report.ok(f"{label}: {name}: the GIL stays off after its import")
    elif not found["after"]:
        report.ok(f"{label}: {name}: the GIL stays off after its import; the rewrite did not claim that")
    elif others and len(others) == len(found["said"]):
        report.skip(f"{label}: {name}: the GIL comes on for another module: {others[0]}")
    elif module.get("claims_no_gil"):
        report.fail(f"{label}: {name}: the GIL comes on at its import, though it claims to need none", "\n".join(found["said"]))
    else:
        report.skip(f"{label}: {name}: the GIL comes on at its import: the module does not claim to need none")


def seconds_of(copy, command):
    """How long one run takes, by what it says or by its time on the processor."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = copy.shell(command)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise Stop(f"benchmark {copy.which}: exit status {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    lines = done.stdout.strip().splitlines()
    last = lines[-1] if lines else ""
    match = re.search(r"best of \d+: ([\d.]+) (nsec|usec|msec|sec) per loop", last)
    if match:
        return float(match[1]) * {"nsec": 1e-9, "usec": 1e-6, "msec": 1e-3, "sec": 1}[match[2]]
    try:
        return float(last)
    except ValueError:
        return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


def compare_speed(report, label, command, before, after):
    times = {before: [], after: []}
    rounds = 5
    try:
        first = [seconds_of(copy, command) for copy in (before, after)]
        # A busy machine makes both slow, and the fastest run is the one that it disturbed least; it gets more chances.
        for _ in range(3):
            for turn in range(rounds):
                for copy in (before, after) if turn % 2 else (after, before):
                    times[copy].append(seconds_of(copy, command))
                # What counts something else than time does so once.
                steady = all(abs(times[copy][0] / max(old, 1e-12) - 1) < 0.002 for copy, old in zip((before, after), first))
                if turn == 0 and steady:
                    break
            ratio = min(times[after]) / max(min(times[before]), 1e-12)
            if ratio <= SLOWER or steady:
                break
            time.sleep(1)
    except Stop as problem:
        report.fail(f"{label}: {problem}")
        return
    text = f"{label}: {min(times[before]):.3g} s before, {min(times[after]):.3g} s after ({(ratio - 1) * 100:+.1f} %), best of {len(times[after])}"
    (report.ok if ratio <= SLOWER else report.fail)(text)


def prove(report, job, python, folder):
    label = python.label
    before, after = Copy(job, python, folder, False), Copy(job, python, folder, True)
    problem = before.build()
    if problem:
        raise Stop(f"{label}: does not build, not even before; name a --build command or other flags\n{problem}")
    problem = after.build()
    if problem:
        report.fail(f"{label}: builds before and not after", problem)
        return
    report.ok(f"{label}: builds before and after")
    imported = [compare_surface(report, label, module["name"], before, after) for module in job["modules"]]
    if job["test"]:
        compare_tests(report, label, before, after)
    else:
        report.skip(f"{label}: tests: no --test command")
    for module, good in zip(job["modules"], imported):
        if good:
            check_interpreters(report, label, module, after)
            check_leaks(report, label, module, before, after)
            if python.free_threaded:
                check_gil(report, label, module, after)
    for number, command in enumerate(job["benchmarks"], 1):
        compare_speed(report, f"{label}: speed {number}" if len(job["benchmarks"]) > 1 else f"{label}: speed", command, before, after)
    if not job["benchmarks"]:
        report.skip(f"{label}: speed: no --benchmark command")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], allow_abbrev=False)
    parser.add_argument("job")
    with open(parser.parse_args().job, encoding="utf-8") as f:
        job = json.load(f)
    job["root"] = os.path.realpath(job["root"]) if not os.path.isdir(job["root"]) else job["root"].rstrip("/")
    report = Report()
    folder = tempfile.mkdtemp(prefix="pyext-migrate-")
    try:
        for number, name in enumerate(job["pythons"] or ["python3"]):
            try:
                prove(report, job, Python(name), os.path.join(folder, str(number)))
            except Stop as problem:
                first, _, rest = str(problem).partition("\n")
                report.fail(first, rest)
    finally:
        if job["keep"]:
            print(f"the copies are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print("verified: nothing got worse" if not report.failed else f"verification failed: {report.failed} thing{'s' if report.failed > 1 else ''} got worse")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
