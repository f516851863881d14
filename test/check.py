#!/usr/bin/env python3
"""Runs one check over one test source in every configuration and verifies what it says and what it fixes.

    // RUN: %check_tidy %s cpython-refs-borrowed-ref-race %t [options] [-- clang-tidy arguments [-- compiler arguments]]

A configuration is a header set (`-python=3.11,3.13,3.15`), a build (`-config=gil,ft`; ft means -DPy_GIL_DISABLED=1 and
starts with 3.13) and a language standard (`-std=c11`). In each of them:

 1. The source, with its CHECK comments blanked, is copied and the check alone runs on the copy, with `--fix`. Compiler
    warnings (-Wall without the unused family) are on.
 2. `CHECK-MESSAGES` comments, read by FileCheck, name the diagnostics in order. A warning or an error that is not named is a
    failure, and a source without comments must be silent. Notes are free until one `CHECK-NOTES` comment appears: from then
    on every note of the file must be named.
 3. `CHECK-FIXES` comments name, in order, full lines of the fixed copy ({{regex}} is understood, leading and trailing blanks
    are not compared). Every line a fix changed or added must be named; naming unchanged lines is allowed. A whole line that
    a fix removed must be named by `CHECK-FIXES-REMOVED`.
 4. The fixed copy is compiled with every header set and build of the test, and checked again with all checks of the project:
    it must compile without a warning, the fixed findings must be gone, and no finding may be new.

Every kind of comment can be restricted with a suffix: -GIL, -FT, -3_13, -3_13-FT, or one given with `-suffix=`; and
CHECK-FIXES-NOTES holds only in a run with `-fix-notes` or `-fix-note=`.

With `-no-fix` nothing is fixed: for a test of messages, when others cover the fixes.
With `-fix-notes` clang-tidy also applies the fix of a note if its warning has none and no other note has one. Several fixes are a
choice, which only an editor offers: `-fix-note=REGEX` applies, instead of all other fixes, those of the notes whose text matches.

A comment that no RUN line of the file can ever read is a failure.

Exit status: 0 if everything holds, 1 if something does not, 2 if the test itself cannot be run.
"""

import argparse
import collections
import difflib
import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import Counter, Dict, List, NamedTuple, NoReturn, Optional, Sequence, Set, Tuple

DEFAULT_PYTHONS = ("3.11", "3.13", "3.15")
DEFAULT_MIN_PYTHON = "3.9"  # What the checks themselves assume when the option MinPython is not given.
FIRST_FREE_THREADED = (3, 13)
COMPILER_WARNINGS = ["-Wall", "-Wno-unused"]
PROJECT_CHECKS = "cpython-*"

COMMENT = re.compile(r"//\s*(CHECK-[A-Z][A-Za-z0-9_-]*):(.*)$")
DIAGNOSTIC = re.compile(
    r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?P<column>\d+): (?P<kind>warning|error|note|remark): "
    r"(?P<text>.*?)(?: \[(?P<check>[A-Za-z0-9_.,*+-]+)\])?$"
)
BARE_DIAGNOSTIC = re.compile(r"^(?:error|warning): ")
FIX_APPLIED = "FIX-IT applied suggested code changes"
FIX_REFUSED = ("FIX-IT unable to apply suggested code changes", "this fix will not be applied because it overlaps with another fix")
# The part of a prefix that FileCheck itself reads.
DIRECTIVE = re.compile(r"-(NEXT|SAME|NOT|DAG|EMPTY|LABEL|COUNT-\d+)$")


class Failure(Exception):
    """Something the test demands does not hold."""


def refuse(message: str) -> NoReturn:
    """The test cannot be run at all: says why and exits with 2."""
    print(f"check.py: error: {message}", file=sys.stderr)
    sys.exit(2)


def version_tuple(version: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


class Config(NamedTuple):
    """One way to parse the source."""

    python: str  # "3.13"
    build: str  # "gil" or "ft"
    std: str  # "c11"; empty for the compiler's default

    @property
    def name(self) -> str:
        return "-".join(part for part in (self.python, self.build, self.std) if part)

    @property
    def suffixes(self) -> List[str]:
        version, build = self.python.replace(".", "_"), self.build.upper()
        return [build, version, f"{version}-{build}"]


class Diagnostic(NamedTuple):
    kind: str
    text: str
    check: str
    line: int
    fixed: bool  # clang-tidy says it applied the fix of this warning or of one of its notes.


class Result(NamedTuple):
    """What the first run made in one configuration."""

    fixed: str  # The copy after the fixes; equal to the blanked source if there were none.
    diagnostics: List[Diagnostic]


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    own, *rest = split_at_dashes(argv)
    tidy = rest[0] if rest else []
    compiler = rest[1] if len(rest) > 1 else []
    if len(rest) > 2:
        refuse("more than two '--'")

    parser = argparse.ArgumentParser(prog="check.py", allow_abbrev=False, add_help=False)
    # Given by lit.cfg.py.
    parser.add_argument("--driver", help="the pyext-tidy executable")
    parser.add_argument("--clang-tidy", help="the stock clang-tidy of the same LLVM")
    parser.add_argument("--plugin-library", help="libpyext-tidy-llvm<N>.so")
    parser.add_argument("--filecheck", default="FileCheck")
    parser.add_argument("--python-headers", help="folder with root-<version>/usr/include/python<version>")
    parser.add_argument("--inputs", help="folder with headers that tests may include")
    parser.add_argument("--product", choices=("driver", "plugin"), default="driver")
    # Given by a test.
    parser.add_argument("-plugin", action="store_true", help="run the plugin in the stock clang-tidy instead of the driver")
    parser.add_argument("-python", default=",".join(DEFAULT_PYTHONS))
    parser.add_argument("-config", default="gil,ft")
    parser.add_argument("-std", default="")
    parser.add_argument("-suffix", default="", help="further suffixes of the comments this run reads")
    parser.add_argument("-no-fix", action="store_true", help="look at the messages only; another test is about the fixes")
    parser.add_argument("-fix-notes", action="store_true", help="apply fixes that sit on notes too")
    parser.add_argument("-fix-note", metavar="REGEX", help="apply only the fixes of notes whose text matches")
    parser.add_argument("-fix-min-python", help="the oldest Python the fixed code claims: sets MinPython, selects header sets")
    parser.add_argument("-option", action="append", default=[], metavar="KEY=VALUE", help="an entry of CheckOptions")
    parser.add_argument("source")
    parser.add_argument("checks")
    parser.add_argument("temporary")
    # Options of ours are understood after the first '--' as well; what is left there belongs to clang-tidy.
    known, unknown = parser.parse_known_args(list(own))
    if unknown:
        refuse(f"unknown option {unknown[0]!r}; arguments of clang-tidy come after '--'")
    late = argparse.ArgumentParser(prog="check.py", allow_abbrev=False, add_help=False, argument_default=argparse.SUPPRESS)
    for action in parser._actions:
        if not action.option_strings or action.option_strings[0].startswith("--"):
            continue
        keywords = {"action": "store_true"} if isinstance(action.const, bool) else {}
        if action.dest == "option":
            keywords = {"action": "append"}
        late.add_argument(*action.option_strings, **keywords)
    moved, known.tidy_arguments = late.parse_known_args(list(tidy))
    for name, value in vars(moved).items():
        setattr(known, name, known.option + value if name == "option" else value)
    known.compiler_arguments = list(compiler)

    for name, allowed in (("config", ("gil", "ft")),):
        for value in getattr(known, name).split(","):
            if value not in allowed:
                refuse(f"-{name}={value}: expected one of {', '.join(allowed)}; options of a check are given with -option=KEY=VALUE")
    for value in known.python.split(","):
        if not re.fullmatch(r"3\.\d+", value):
            refuse(f"-python={value}: expected versions such as 3.13")
    if known.fix_min_python and not re.fullmatch(r"3\.\d+", known.fix_min_python):
        refuse(f"-fix-min-python={known.fix_min_python}: expected a version such as 3.13")
    for entry in known.option:
        if "=" not in entry:
            refuse(f"-option={entry}: expected KEY=VALUE")
    if known.plugin:
        known.product = "plugin"
    return known


def split_at_dashes(argv: Sequence[str]) -> List[List[str]]:
    parts: List[List[str]] = [[]]
    for argument in argv:
        if argument == "--" and len(parts) < 4:
            parts.append([])
        else:
            parts[-1].append(argument)
    return parts


def configurations(args: argparse.Namespace) -> List[Config]:
    found = [
        Config(python, build, std)
        for python in args.python.split(",")
        for build in args.config.split(",")
        for std in (args.std.split(",") if args.std else [""])
        if build == "gil" or version_tuple(python) >= FIRST_FREE_THREADED
    ]
    if not found:
        refuse(f"no configuration left: -python={args.python} -config={args.config}")
    return found


def prefixes_of(args: argparse.Namespace, config: Config) -> Dict[str, List[str]]:
    """The prefixes that a run in `config` reads, by the family they belong to."""
    suffixes = config.suffixes + [suffix for suffix in args.suffix.split(",") if suffix]
    families: Dict[str, List[str]] = {}
    for family in ("CHECK-MESSAGES", "CHECK-NOTES", "CHECK-FIXES", "CHECK-FIXES-REMOVED"):
        families[family] = [family] + [f"{family}-{suffix}" for suffix in suffixes]
    if args.fix_notes or args.fix_note:
        families["CHECK-FIXES"] += [f"{prefix}-NOTES" for prefix in families["CHECK-FIXES"]]
        families["CHECK-FIXES-REMOVED"] += [f"{prefix}-NOTES" for prefix in families["CHECK-FIXES-REMOVED"]]
    return families


def runs_of(text: str) -> List[argparse.Namespace]:
    """The arguments of each RUN line of a source that calls this runner."""
    joined = re.sub(r"\\\n\s*//\s*RUN:", " ", text)
    runs = [line.split("%check_tidy", 1)[1] for line in joined.splitlines() if "RUN:" in line and "%check_tidy" in line]
    return [parse_arguments(shlex.split(re.split(r"&&|[|;<>]", run)[0])) for run in runs]


def verify_prefixes(args: argparse.Namespace, text: str) -> None:
    """Every CHECK comment must be readable by this run or a RUN line of the file: a misspelt one proves nothing."""
    readable: Set[str] = set()
    for run in [args] + runs_of(text):
        for config in configurations(run):
            for names in prefixes_of(run, config).values():
                readable.update(names)
    for number, line in enumerate(text.splitlines(), 1):
        match = COMMENT.search(line)
        if not match:
            if re.search(r"//\s*CHECK\b", line):
                raise Failure(f"line {number} looks like a CHECK comment but is not one: {line.strip()}")
            continue
        prefix = match.group(1)
        plain = prefix if prefix in readable else DIRECTIVE.sub("", prefix)
        if plain not in readable:
            raise Failure(f"line {number}: no RUN line of this file reads {prefix}")
        if plain.startswith("CHECK-FIXES") and plain != prefix:
            raise Failure(f"line {number}: {prefix}: CHECK-FIXES names full lines in order and has no directives")


class Test:
    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.source = os.path.abspath(args.source)
        self.is_cxx = os.path.splitext(self.source)[1] in (".cpp", ".cc", ".cxx")
        with open(self.source, encoding="utf-8") as file:
            self.text = file.read()
        self.comments = [match for match in map(COMMENT.search, self.text.splitlines()) if match]
        self.blanked = "".join(COMMENT.sub("//", line) for line in self.text.splitlines(keepends=True))
        self.results: Dict[Config, Result] = {}
        self.baselines: Dict[Config, Counter[Tuple[str, str]]] = {}

    # Running the tool.

    def include_directories(self, python: str) -> List[str]:
        include = os.path.join(self.args.python_headers or "", f"root-{python}", "usr", "include")
        directory = os.path.join(include, f"python{python}")
        if not self.args.python_headers or not os.path.exists(os.path.join(directory, "Python.h")):
            refuse(
                f"no headers of Python {python}: {os.path.join(directory, 'Python.h')} does not exist; "
                "tools/house/fetch_python_headers.py fetches them"
            )
        return ["-isystem", directory, "-isystem", include]

    def tool(self) -> List[str]:
        if self.args.product == "plugin":
            if not self.args.clang_tidy or not self.args.plugin_library:
                refuse("--product=plugin needs --clang-tidy and --plugin-library")
            return [self.args.clang_tidy, f"--load={self.args.plugin_library}"]
        if not self.args.driver:
            refuse("--driver is missing")
        return [self.args.driver]

    def command(self, file: str, config: Config, checks: str, extra: Sequence[str]) -> List[str]:
        options = dict(entry.split("=", 1) for entry in self.args.option)
        if self.args.fix_min_python:
            options["MinPython"] = self.args.fix_min_python
        quoted = ", ".join("'{}': '{}'".format(key, value.replace("'", "''")) for key, value in sorted(options.items()))
        command = self.tool() + [
            # Given as a whole, so that no .clang-tidy in a folder above takes part.
            f"--config={{Checks: '-*,{checks},clang-diagnostic-*', CheckOptions: {{{quoted}}}}}",
            "--header-filter=.*",
            "--quiet",
            *extra,
            *self.args.tidy_arguments,
            file,
            "--",
            *(["-xc++"] if self.is_cxx else ["-xc"]),
            f"-std={config.std or ('c++17' if self.is_cxx else 'c11')}",
            *COMPILER_WARNINGS,
            *self.include_directories(config.python),
            "-I" + os.path.dirname(self.source),
        ]
        if self.args.inputs:
            command.append("-I" + self.args.inputs)
        if config.build == "ft":
            command.append("-DPy_GIL_DISABLED=1")
        return command + self.args.compiler_arguments

    def run(self, file: str, config: Config, checks: str, extra: Sequence[str] = ()) -> Tuple[str, List[str]]:
        """Returns the command for messages and the diagnostics' own lines, without the source lines clang shows below them."""
        command = self.command(file, config, checks, extra)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        shown = shlex.join(command)
        lines = [line for line in done.stdout.splitlines() if DIAGNOSTIC.match(line) or BARE_DIAGNOSTIC.match(line)]
        if done.returncode != 0:
            raise Failure(f"exit status {done.returncode} in configuration {config.name}\n{shown}\n{done.stdout}")
        return shown, lines

    def run_and_fix(self, file: str, config: Config, directory: str) -> Tuple[str, List[str], Result]:
        """The first run: what is said about `file`, and the file after the fixes that the test asks for."""
        if self.args.no_fix:
            shown, lines = self.run(file, config, self.args.checks)
            return shown, lines, Result(self.blanked, self.diagnostics(lines))
        if not self.args.fix_note:
            shown, lines = self.run(file, config, self.args.checks, ["--fix-notes" if self.args.fix_notes else "--fix"])
            with open(file, encoding="utf-8") as stream:
                return shown, lines, Result(stream.read(), self.diagnostics(lines))
        exported = os.path.join(directory, "fixes.yaml")
        if os.path.exists(exported):
            os.remove(exported)
        shown, lines = self.run(file, config, self.args.checks, [f"--export-fixes={exported}"])
        diagnostics = self.diagnostics(lines)
        replacements: Set[Tuple[int, int, str]] = set()
        for entry in self.exported_diagnostics(exported):
            for note in entry.get("Notes") or []:
                if not note.get("Replacements") or not re.search(self.args.fix_note, note["Message"]):
                    continue
                for r in note["Replacements"]:
                    if os.path.realpath(r["FilePath"]) != os.path.realpath(file):
                        raise Failure(f"a fix changes {r['FilePath']}")
                    replacements.add((r["Offset"], r["Length"], r["ReplacementText"]))
                index = next(
                    i
                    for i, d in enumerate(diagnostics)
                    if (d.check, d.text, d.fixed) == (entry["DiagnosticName"], entry["DiagnosticMessage"]["Message"], False)
                )
                diagnostics[index] = diagnostics[index]._replace(fixed=True)
        return shown, lines, Result(applied(self.blanked, replacements), diagnostics)

    def exported_diagnostics(self, path: str) -> List[dict]:
        """The file is written only if a diagnostic has something to export."""
        try:
            import yaml  # Only -fix-note needs it.
        except ImportError:
            refuse("-fix-note needs PyYAML (Debian: python3-yaml)")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as stream:
            return (yaml.safe_load(stream) or {}).get("Diagnostics") or []

    # What the diagnostics say.

    def diagnostics(self, lines: Sequence[str]) -> List[Diagnostic]:
        found: List[Diagnostic] = []
        for line in lines:
            match = DIAGNOSTIC.match(line)
            if not match:
                continue
            if match["kind"] != "note":
                found.append(Diagnostic(match["kind"], match["text"], match["check"] or "", int(match["line"]), False))
            elif match["text"] == FIX_APPLIED and found:
                found[-1] = found[-1]._replace(fixed=True)
            elif match["text"] in FIX_REFUSED:
                raise Failure(f"a fix was not applied: {line}")
        return found

    def used(self, families: Dict[str, List[str]], family: str) -> List[str]:
        """The prefixes of a family that occur in the source."""
        occurring = {match.group(1) for match in self.comments}
        occurring |= {DIRECTIVE.sub("", prefix) for prefix in occurring}
        return [prefix for prefix in families[family] if prefix in occurring]

    def verify_messages(self, config: Config, directory: str, shown: str, lines: Sequence[str]) -> None:
        families = prefixes_of(self.args, config)
        messages, notes = self.used(families, "CHECK-MESSAGES"), self.used(families, "CHECK-NOTES")
        kept = [line for line in lines if not line.endswith(": " + FIX_APPLIED)]
        output = os.path.join(directory, "output.txt")
        with open(output, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in kept))
        if not messages and not notes:
            loud = [line for line in kept if not re.search(r": note: ", line)]
            if loud:
                raise Failure(f"unexpected diagnostics in configuration {config.name}\n{shown}\n" + "\n".join(loud))
            return
        kinds = "warning|error|note" if self.notes_are_strict() else "warning|error"
        command = [
            self.args.filecheck,
            "--input-file=" + output,
            "--check-prefixes=" + ",".join(messages + notes),
            "--implicit-check-not={{(" + kinds + ")}}:",
            "--allow-empty",
            "--dump-input=never",
            self.source,
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Failure(
                f"messages differ in configuration {config.name}\n{shown}\n{shlex.join(command)}\n{done.stdout}"
                "---- diagnostics ----\n" + "\n".join(kept)
            )

    def notes_are_strict(self) -> bool:
        return any(match.group(1).startswith("CHECK-NOTES") for match in self.comments)

    # What the fixes do.

    def expected_lines(self, prefixes: Sequence[str]) -> List[str]:
        return [match.group(2).strip() for match in self.comments if match.group(1) in prefixes]

    def verify_fixes(self, config: Config, fixed: str) -> None:
        families = prefixes_of(self.args, config)
        expected = self.expected_lines(self.used(families, "CHECK-FIXES"))
        expected_removed = self.expected_lines(self.used(families, "CHECK-FIXES-REMOVED"))
        before, after = self.blanked.splitlines(), fixed.splitlines()
        new: Set[int] = set()
        removed: List[str] = []
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            new.update(j for j in range(j1, j2) if after[j].strip())
            if tag == "delete" or not any(line.strip() for line in after[j1:j2]):
                removed += [line.strip() for line in before[i1:i2] if line.strip()]
        problem = mismatch(expected, after, new)
        if not problem and removed != expected_removed:
            problem = f"lines removed:\n  {removed}\nlines that CHECK-FIXES-REMOVED names:\n  {expected_removed}"
        if problem:
            diff = "\n".join(difflib.unified_diff(before, after, "before", "after", lineterm="", n=1))
            raise Failure(f"fixes differ in configuration {config.name}: {problem}\n{diff}")

    def baseline(self, config: Config, directory: str) -> Counter[Tuple[str, str]]:
        """What all checks of the project say about the source before any fix."""
        if config not in self.baselines:
            file = self.write(os.path.join(directory, "baseline"), self.blanked)
            _, lines = self.run(file, config, f"{self.args.checks},{PROJECT_CHECKS}")
            self.baselines[config] = collections.Counter((d.check, d.text) for d in self.diagnostics(lines))
        return self.baselines[config]

    def verify_fixed_copy(self, fixed: str, config: Config, directory: str) -> None:
        """Compiles `fixed` in `config` and checks it again. It may have been made in another configuration."""
        makers = [maker for maker, result in self.results.items() if result.fixed == fixed]
        made = self.results[config].diagnostics if config in makers else []
        gone = collections.Counter((d.check, d.text) for d in made if d.fixed)
        heading = f"the copy fixed in configuration {makers[0].name}, checked in {config.name}"
        file = self.write(directory, fixed)
        try:
            shown, lines = self.run(file, config, f"{self.args.checks},{PROJECT_CHECKS}")
        except Failure as failure:
            raise Failure(f"{heading}: does not compile: {failure}") from None
        now = collections.Counter((d.check, d.text) for d in self.diagnostics(lines))
        if not now:
            return
        shown = shown + "\n" + "\n".join(lines)
        if any(check.startswith("clang-diagnostic") for check, _ in now):
            raise Failure(f"{heading}: the compiler warns\n{shown}")
        allowed = self.baseline(config, directory) - gone
        for check, text in gone:
            if now[check, text] > allowed[check, text]:
                raise Failure(f"{heading}: a fixed finding is still reported: {text} [{check}]\n{shown}")
        for check, text in now - allowed:
            raise Failure(f"{heading}: a new finding: {text} [{check}]\n{shown}")

    def verify_fixed_copies(self, configs: Sequence[Config]) -> None:
        texts = {(result.fixed, maker.std) for maker, result in self.results.items() if result.fixed != self.blanked}
        for number, (fixed, std) in enumerate(sorted(texts)):
            claimed = [config for config in configs if config.std == std and self.claims(config.python)]
            if not claimed:
                refuse(f"the fix claims Python {self.args.fix_min_python} and later, and the test runs none of these")
            for config in claimed:
                self.verify_fixed_copy(fixed, config, self.directory(config, f"fixed-{number}"))

    def claims(self, python: str) -> bool:
        return version_tuple(python) >= version_tuple(self.args.fix_min_python or DEFAULT_MIN_PYTHON)

    def directory(self, config: Config, part: str = "") -> str:
        return os.path.join(os.path.abspath(self.args.temporary), config.name, part)

    def write(self, directory: str, text: str) -> str:
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, os.path.basename(self.source))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def verify(self) -> None:
        verify_prefixes(self.args, self.text)
        configs = configurations(self.args)
        shutil.rmtree(self.args.temporary, ignore_errors=True)
        if os.path.exists(self.args.temporary):
            os.remove(self.args.temporary)
        for config in configs:
            directory = self.directory(config)
            file = self.write(directory, self.blanked)
            shown, lines, self.results[config] = self.run_and_fix(file, config, directory)
            self.verify_messages(config, directory, shown, lines)
            self.verify_fixes(config, self.results[config].fixed)
        self.verify_fixed_copies(configs)


def applied(text: str, replacements: Set[Tuple[int, int, str]]) -> str:
    """The text with (offset, length, new text), counted in bytes, replaced."""
    data, end, parts = text.encode(), 0, []
    for offset, length, new in sorted(replacements):
        if offset < end:
            raise Failure("fixes of several notes overlap")
        parts += [data[end:offset], new.encode()]
        end = offset + length
    return b"".join(parts + [data[end:]]).decode()


def mismatch(expected: Sequence[str], lines: Sequence[str], new: Set[int]) -> Optional[str]:
    """Says why `expected` does not name, in order, lines that include every line of `new`; None if it does."""
    patterns = [pattern_of(text) for text in expected]

    # reach[j]: how far the lines can be explained when j patterns are used. Each line uses the next pattern or, if it is not
    # new, none. The set of possible numbers of used patterns is enough.
    possible = {0}
    for number, line in enumerate(lines):
        used = {j + 1 for j in possible if j < len(patterns) and patterns[j].fullmatch(line.strip())}
        following = used if number in new else possible | used
        if not following:
            wanted = sorted({expected[j] for j in possible if j < len(expected)})
            return f"this line is not named by CHECK-FIXES:\n  {line.strip()}\nnext comment in order:\n  " + "\n  ".join(wanted or ["(none)"])
        possible = following
    if len(patterns) in possible:
        return None
    return f"no line matches this CHECK-FIXES:\n  {expected[max(possible)]}"


@functools.lru_cache(maxsize=None)
def pattern_of(text: str) -> "re.Pattern[str]":
    parts = re.split(r"(\{\{.*?\}\})", text)
    return re.compile("".join(part[2:-2] if part.startswith("{{") else re.escape(part) for part in parts))


def main() -> int:
    args = parse_arguments(sys.argv[1:])
    try:
        Test(args).verify()
    except OSError as error:
        refuse(str(error))
    except Failure as failure:
        print(f"check.py: {args.source}: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
