#!/usr/bin/env python3
"""Tests about the repository itself.

    house.py [--root ROOT] [TOPIC...]        all topics if none is named

Each function below that is marked as a topic looks at the tree and yields what is wrong with it, one line each, beginning with
the file. Exit status: 0 if nothing is wrong, 1 if something is, 2 if the tree cannot be read.
"""

import argparse
import os
import re
import subprocess
import sys
from typing import Callable, Dict, Iterator, List, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools", "house"))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.dont_write_bytecode = True

import check as check_py  # noqa: E402
import docs_index  # noqa: E402
import registry  # noqa: E402

HEADINGS = [
    "What it does",
    "Why is this bad?",
    "Example",
    "Use instead",
    "Known problems",
    "Fix safety",
    "Options",
    "References",
]
HAZARDS = ("free-threading", "subinterpreters", "free-threading, subinterpreters")
LICENSE_LINE = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
ALLOWED_NAMES = "test/house/allowed-api-names.txt"

TOPICS: Dict[str, Callable[["Tree"], Iterator[str]]] = {}


def topic(function: Callable[["Tree"], Iterator[str]]) -> Callable[["Tree"], Iterator[str]]:
    TOPICS[function.__name__.replace("_", "-")] = function
    return function


class Tree:
    """The files of the repository, by path from its root with '/'."""

    def __init__(self, root: str):
        self.root = os.path.abspath(root)
        self.files = sorted(self.list())
        self.checks = registry.read(self.root)

    def list(self) -> Iterator[str]:
        """What git knows or would add; in a folder that is no repository, everything."""
        done = subprocess.run(
            ["git", "-C", self.root, "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True
        )
        if done.returncode == 0 and os.path.exists(os.path.join(self.root, ".git")):
            yield from (name for name in done.stdout.splitlines() if os.path.isfile(os.path.join(self.root, name)))
            return
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in ("__pycache__", ".git") and not re.match(r"build(-|$)", name)]
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.root).replace(os.sep, "/")

    def has(self, name: str) -> bool:
        return name in self.files

    def read(self, name: str) -> str:
        """Bytes that are not UTF-8 are replaced: some tests hold such files on purpose."""
        with open(os.path.join(self.root, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def under(self, folder: str, *suffixes: str) -> List[str]:
        return [name for name in self.files if name.startswith(folder + "/") and (not suffixes or name.endswith(suffixes))]

    def tests_of(self, check: registry.Check) -> List[str]:
        """Tests named after the check: <pattern>.c and <pattern>-<aspect>.c or .cpp."""
        others = [other.pattern for other in self.checks if other.group == check.group and other.pattern != check.pattern]
        found = []
        for name in self.under(f"test/{check.group}", ".c", ".cpp"):
            stem = os.path.splitext(os.path.basename(name))[0]
            mine = stem == check.pattern or stem.startswith(check.pattern + "-")
            # foo-bar-x belongs to the check foo-bar, not to foo.
            closer = [o for o in others if len(o) > len(check.pattern) and (stem == o or stem.startswith(o + "-"))]
            if mine and not closer and os.path.dirname(name) == f"test/{check.group}":
                found.append(name)
        return found


def literals_of_diag(source: str) -> Iterator[Tuple[int, str]]:
    """(line, text) of each message: the string literals that follow diag( up to the end of the call's statement, joined when
    the compiler joins them."""
    for call in re.finditer(r"\bdiag\(", source):
        depth, i, end = 1, call.end(), len(source)
        text = None
        while i < end and depth:
            if source[i] == '"':
                literal = re.compile(r'"((?:[^"\\]|\\.)*)"').match(source, i)
                if not literal:
                    break
                text = literal[1] if text is None else text + literal[1]
                i = literal.end()
                continue
            if text is not None and not source[i].isspace():
                yield source.count("\n", 0, call.start()) + 1, text
                text = None
            depth += {"(": 1, ")": -1}.get(source[i], 0)
            i += 1


@topic
def names(tree: Tree) -> Iterator[str]:
    """Rows are sorted and consistent, and every file of a check is named after its row."""
    where = "checks/Checks.def"
    ordered = [check.name for check in tree.checks]
    for previous, name in zip(ordered, ordered[1:]):
        if previous >= name:
            yield f"{where}: {name} after {previous}: rows are sorted by name and occur once"
    for check in tree.checks:
        if check.group not in registry.GROUPS:
            yield f"{where}: {check.name}: group {check.group} is none of {', '.join(registry.GROUPS)}"
        if not re.fullmatch(rf"cpython-{check.group}-[a-z0-9]+(-[a-z0-9]+)*", check.name):
            yield f"{where}: {check.name}: expected cpython-{check.group}-<pattern> in lower case"
        if check.cls != registry.class_of(check.pattern) and check.cls.lower() != registry.class_of(check.pattern).lower():
            yield f"{where}: {check.name}: its class is {registry.class_of(check.pattern)}, not {check.cls}"
        if re.search(r"-(no|banned|avoid|use)-", check.name):
            yield f"{where}: {check.name}: a pattern names the wrong code, not the rule or the cure"
        if check.stability not in registry.STABILITIES:
            yield f"{where}: {check.name}: stability {check.stability} is none of {', '.join(registry.STABILITIES)}"
        if check.fix not in registry.FIXES:
            yield f"{where}: {check.name}: fix {check.fix} is none of {', '.join(registry.FIXES)}"
        if not re.fullmatch(r"\d+\.\d+(\.\d+)?", check.since):
            yield f"{where}: {check.name}: since '{check.since}' is no release"
        for name in (check.header, check.source, check.page):
            if not tree.has(name):
                yield f"{name}: missing; {check.name} needs it"
        if f"test/{check.group}/{check.pattern}.c" not in tree.files:
            yield f"test/{check.group}/{check.pattern}.c: missing; {check.name} needs a test in C"
    known = {name for check in tree.checks for name in (check.header, check.source, check.page)}
    tests = {name for check in tree.checks for name in tree.tests_of(check)}
    for group in registry.GROUPS:
        for name in tree.under(f"docs/checks/{group}") + tree.under(f"checks/{group}", "Check.h", "Check.cpp"):
            if name not in known:
                yield f"{name}: belongs to no row of Checks.def"
        # What a check keeps in files of its own, such as a fix, is included by it.
        included = "".join(tree.read(name) for name in tree.under(f"checks/{group}", ".h", ".cpp"))
        for name in tree.under(f"checks/{group}", ".h", ".cpp"):
            header = os.path.splitext(name)[0] + ".h"
            if name not in known and f'#include "{header.split("/", 1)[1]}"' not in included:
                yield f"{name}: no check of the group includes {header}"
        for name in tree.under(f"test/{group}", ".c", ".cpp"):
            if name not in tests and "/Inputs/" not in name:
                yield f"{name}: is not named after a check of the group"


@topic
def sentences(tree: Tree) -> Iterator[str]:
    """The registry, the class comment, the page, the index and the release notes say the same sentence."""
    notes = registry.squeeze(tree.read("docs/release-notes.md")) if tree.has("docs/release-notes.md") else ""
    for check in tree.checks:
        if not re.match(r"[A-Z][a-z]+s ", check.sentence):
            yield f"checks/Checks.def: {check.name}: the sentence starts with a verb, as in 'Finds ...'"
        if re.search(r"\bthis check\b", check.sentence, re.IGNORECASE):
            yield f"checks/Checks.def: {check.name}: the sentence says 'this check'"
        if tree.has(check.header):
            comment = re.search(rf"((?:^[ \t]*///.*\n)+)class {check.cls}\b", tree.read(check.header), re.MULTILINE)
            said = registry.squeeze(re.sub(r"^[ \t]*/// ?", "", comment[1], flags=re.MULTILINE)) if comment else ""
            if not (said + ".").startswith(check.sentence + "."):
                yield f"{check.header}: the comment of {check.cls} does not begin with the sentence of Checks.def: {check.sentence}."
            if check.page not in said:
                yield f"{check.header}: the comment of {check.cls} does not name {check.page}"
        if tree.has(check.page):
            _, _, parts = registry.sections(tree.read(check.page))
            first = dict(parts).get("What it does", "").split("\n\n")[0]
            if not (registry.squeeze(first) + ".").startswith(check.sentence + "."):
                yield f"{check.page}: 'What it does' does not begin with the sentence of Checks.def: {check.sentence}."
        note = f"- [`{check.name}`](checks/{check.group}/{check.pattern}.md): {check.sentence}."
        if note not in notes + ".":
            yield f"docs/release-notes.md: missing: {note}"


@topic
def pages(tree: Tree) -> Iterator[str]:
    """Every page has its headings in order, a badge that agrees with the registry, and says something under each heading."""
    for check in tree.checks:
        if not tree.has(check.page):
            continue  # Said by the topic names.
        title, badge, parts = registry.sections(tree.read(check.page))
        if title != check.name:
            yield f"{check.page}: the title is '{title}', expected '{check.name}'"
        hazards = badge[len(check.badge) :].replace(" · hazards: ", "", 1) if badge.startswith(check.badge) else None
        if hazards not in HAZARDS:
            yield f"{check.page}: the line below the title is not '{check.badge} · hazards: <{'|'.join(HAZARDS)}>'"
        if [heading for heading, _ in parts] != HEADINGS:
            yield f"{check.page}: headings are {[heading for heading, _ in parts]}, expected {HEADINGS}"
        for heading, text in parts:
            if not text:
                yield f"{check.page}: nothing under '{heading}'; write 'None.' if there is nothing"
        sections = dict(parts)
        for heading in ("Example", "Use instead"):
            if not re.search(r"^```(c|cpp)\b", sections.get(heading, ""), re.MULTILINE):
                yield f"{check.page}: no ```c or ```cpp block under '{heading}'"
        if check.fix == "none" and sections.get("Fix safety") != "None.":
            yield f"{check.page}: 'Fix safety' must say 'None.': the registry claims no fix"
        if check.fix != "none" and sections.get("Fix safety") == "None.":
            yield f"{check.page}: 'Fix safety' says 'None.', but the registry claims a fix"
        if tree.has(check.source):
            own = re.findall(r"\bOptions\.get\w*(?:<[^>]*>)?\(\s*\"(\w+)\"", tree.read(check.source))
            for option in sorted(set(own)):
                if f"`{option}`" not in sections.get("Options", ""):
                    yield f"{check.page}: the option `{option}` is not described under 'Options'"


@topic
def common_options(tree: Tree) -> Iterator[str]:
    """Every option that all checks share has its heading in docs/options.md, and no other has one."""
    text = "".join(tree.read(name) for name in tree.under("checks/support", ".cpp"))
    options = set(re.findall(r"\bgetLocalOrGlobal(?:<[^>]*>)?\(\s*\"(\w+)\"", text))
    page = "docs/options.md"
    described = set(re.findall(r"^## (\w+)$", tree.read(page), re.MULTILINE)) if tree.has(page) else set()
    for option in sorted(options - described):
        yield f"{page}: no heading '## {option}'"
    for option in sorted(described - options):
        yield f"{page}: '## {option}' is no option of all checks"


@topic
def fix_claims(tree: Tree) -> Iterator[str]:
    """What the registry says about a fix is what the tests show: runs with --fix change the source exactly if the fix is
    claimed to be safe, runs with --fix-notes if it is claimed to need review."""
    for check in tree.checks:
        plain, notes = False, False
        for name in tree.tests_of(check):
            runs = [args for args in check_py.runs_of(tree.read(name)) if check.name in args.checks.split(",")]
            if not runs:
                yield f"{name}: no RUN line runs {check.name} with %check_tidy"
            comments = re.findall(r"//\s*(CHECK-FIXES[A-Za-z0-9_-]*):", tree.read(name))
            in_notes = [c for c in comments if c.endswith("-NOTES")]
            if any(run.fix_notes or run.fix_note for run in runs):
                notes |= bool(comments)
            if any(not (run.fix_notes or run.fix_note) for run in runs):
                plain |= bool(len(comments) - len(in_notes))
        if check.fix == "safe" and not plain:
            yield f"checks/Checks.def: {check.name} claims a safe fix, and no test shows one with CHECK-FIXES"
        if check.fix == "unsafe" and not notes:
            yield f"checks/Checks.def: {check.name} claims a fix on a note, and no test with -fix-notes shows one with CHECK-FIXES"
        if check.fix != "safe" and plain:
            yield f"checks/Checks.def: {check.name} claims fix {check.fix}, but a test shows a fix without -fix-notes"
        if check.fix == "none" and notes:
            yield f"checks/Checks.def: {check.name} claims no fix, but a test shows one"


@topic
def tests(tree: Tree) -> Iterator[str]:
    """Every check is shown to speak, and its tests run with both builds of at least 3.13 and 3.15."""
    for check in tree.checks:
        found = tree.tests_of(check)
        text = "".join(tree.read(name) for name in found)
        if found and not re.search(rf"CHECK-MESSAGES.*warning: .*\[{re.escape(check.name)}\]", text):
            yield f"{found[0]}: no CHECK-MESSAGES comment of {check.name} names it in brackets"
        configurations = set()
        for name in found:
            for args in check_py.runs_of(tree.read(name)):
                configurations |= {(config.python, config.build) for config in check_py.configurations(args)}
        for python in ("3.13", "3.15"):
            for build in ("gil", "ft"):
                if found and (python, build) not in configurations:
                    yield f"{found[0]}: no test of {check.name} runs with Python {python}, build {build}"


@topic
def messages(tree: Tree) -> Iterator[str]:
    """Messages start in lower case, have no final period and do not say 'this check'."""
    for group in registry.GROUPS:
        for name in tree.under(f"checks/{group}", ".cpp"):
            for line, text in literals_of_diag(tree.read(name)):
                if re.match(r"[A-Z][a-z]", text) and not re.match(r"(Python|CPython|Py[A-Z_])", text):
                    yield f"{name}:{line}: a message starts in lower case: {text}"
                if re.search(r"[.!]\s*$", text):
                    yield f"{name}:{line}: a message has no final period: {text}"
                if re.search(r"\bthis check\b", text, re.IGNORECASE):
                    yield f"{name}:{line}: a message does not say 'this check': {text}"
                if "  " in text or text != text.strip():
                    yield f"{name}:{line}: a message has no doubled blanks and none at its ends: {text}"


@topic
def facts_are_rows(tree: Tree) -> Iterator[str]:
    """No check names a function, macro or slot of the C API in a string literal of its own: what is true of an API is a row of
    checks/facts. Messages and text that fixes insert are prose; a name alone in a literal is a look-up."""
    allowed: Dict[Tuple[str, str], bool] = {}
    if tree.has(ALLOWED_NAMES):
        for number, line in enumerate(tree.read(ALLOWED_NAMES).splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = line.split(None, 2)
            if len(fields) < 3:
                yield f"{ALLOWED_NAMES}:{number}: expected: <file> <name> <reason>"
                continue
            allowed[fields[0], fields[1]] = False
    for group in registry.GROUPS:
        for name in tree.under(f"checks/{group}", ".cpp", ".h"):
            for number, line in enumerate(tree.read(name).splitlines(), 1):
                code = line.split("//", 1)[0]
                for literal in re.findall(r'"(?:::)?(_?Py[A-Za-z0-9]*_\w*|_?PY_\w+|METH_\w+)"', code):
                    if (name, literal) in allowed:
                        allowed[name, literal] = True
                    else:
                        yield f"{name}:{number}: \"{literal}\": a fact about the C API is a row in checks/facts"
    for (name, literal), used in allowed.items():
        if not used:
            yield f"{ALLOWED_NAMES}: {name} {literal}: no longer needed"


@topic
def llvm_versions(tree: Tree) -> Iterator[str]:
    """Only checks/support/Llvm.h knows LLVM versions."""
    for name in tree.under("checks", ".h", ".cpp", ".def") + tree.under("tools", ".h", ".cpp"):
        if name != "checks/support/Llvm.h" and re.search(r"\b(LLVM|CLANG)_VERSION_MAJOR\b|__clang_major__", tree.read(name)):
            yield f"{name}: names an LLVM version; only checks/support/Llvm.h does"


@topic
def source_files(tree: Tree) -> Iterator[str]:
    """C++ sources carry the license, no name but their own, and a header guard that follows from the path."""
    for name in tree.under("checks", ".h", ".cpp") + tree.under("tools", ".h", ".cpp"):
        text = tree.read(name)
        first = text.split("\n", 1)[0]
        if not re.match(rf"//===-(---| {re.escape(os.path.basename(name))} -)", first):
            yield f"{name}:1: the first line is neither '//===- {os.path.basename(name)} -...' nor a plain '//===---'"
        if LICENSE_LINE not in text:
            yield f"{name}: no license header"
        if name.endswith(".h"):
            guard = "PYEXT_" + re.sub(r"\W", "_", name.split("/", 1)[1]).upper()
            if f"#ifndef {guard}\n" not in text:
                yield f"{name}: the header guard is not {guard}"
        for number, line in enumerate(text.splitlines(), 1):
            if "\t" in line or line != line.rstrip():
                yield f"{name}:{number}: tab or trailing blank"


@topic
def machine_paths(tree: Tree) -> Iterator[str]:
    """Nothing that is committed depends on one machine."""
    for name in tree.files:
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            if re.search(r"(?<![\w.})\]])/(?:work|home|root|Users)/", line):
                yield f"{name}:{number}: absolute path of one machine: {line.strip()}"


@topic
def generated_files(tree: Tree) -> Iterator[str]:
    """Generated files are what their generator writes."""
    index = "docs/checks/index.md"
    if not tree.has(index) or tree.read(index) != docs_index.index(tree.root):
        yield f"{index}: not up to date; run tools/house/docs_index.py"


@topic
def links(tree: Tree) -> Iterator[str]:
    """Relative links of the documentation lead somewhere."""
    for name in [n for n in tree.files if n.endswith(".md")]:
        fenced = False
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            if line.startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:|#", target):
                    continue
                path = os.path.normpath(os.path.join(os.path.dirname(name), target.split("#")[0])).replace(os.sep, "/")
                if not tree.has(path) and not tree.under(path):
                    yield f"{name}:{number}: link to {target}, which does not exist"


@topic
def claims(tree: Tree) -> Iterator[str]:
    """docs/claims.md names checks that exist and tests that quote the number of the statement, and knows every quoted number."""
    page = "docs/claims.md"
    if not tree.has(page):
        return
    quoted: Dict[str, List[str]] = {}
    for name in tree.under("test", ".c", ".cpp", ".test"):
        for number in sorted(set(re.findall(r"\bclaim (\d+\.\d+)\b", tree.read(name)))):
            quoted.setdefault(number, []).append(name)
    pages = {check.page for check in tree.checks}
    rows = re.findall(r"^\| (\d+\.\d+) \| (.*?) \| (.*?) \| (.*?) ?\|$", tree.read(page), re.MULTILINE)
    for number, statement, checks, tests_cell in rows:
        tests_named = [os.path.normpath(os.path.join("docs", link)) for link in re.findall(r"\]\((.*?)\)", tests_cell)]
        for link in re.findall(r"\]\((.*?)\)", checks):
            if os.path.normpath(os.path.join("docs", link)) not in pages:
                yield f"{page}: {number}: {link} is the page of no check"
        if "](" not in checks and not checks.startswith("none"):
            yield f"{page}: {number}: names no check, and does not say 'none'"
        if "](" in checks and not tests_named:
            yield f"{page}: {number}: names no test"
        for name in tests_named:
            if name not in quoted.get(number, []):
                yield f"{page}: {number}: {name} does not quote 'claim {number}'"
        for name in quoted.get(number, []):
            if name not in tests_named:
                yield f"{page}: {number}: does not name {name}, which quotes it"
    for number in sorted(set(quoted) - {row[0] for row in rows}):
        yield f"{page}: has no claim {number}; {quoted[number][0]} quotes it"


@topic
def unfinished(tree: Tree) -> Iterator[str]:
    """No skeleton is called done."""
    for check in tree.checks:
        for name in [check.header, check.source, check.page, *tree.tests_of(check)]:
            if not tree.has(name):
                continue
            for number, line in enumerate(tree.read(name).splitlines(), 1):
                if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                    yield f"{name}:{number}: unfinished: {line.strip()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=os.path.join(HERE, "..", ".."))
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    args = parser.parse_args()
    for name in args.topics:
        if name not in TOPICS:
            print(f"house.py: error: no topic {name!r}; topics are {', '.join(TOPICS)}", file=sys.stderr)
            return 2
    try:
        tree = Tree(args.root)
        problems = [(name, line) for name in args.topics or TOPICS for line in TOPICS[name](tree)]
    except (registry.RegistryError, OSError) as error:
        print(f"house.py: error: {error}", file=sys.stderr)
        return 2
    for name, line in problems:
        print(f"{line} [{name}]")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
