"""Reads checks/Checks.def, the registry of checks, for the scripts of this folder and the house tests."""

import os
import re
from typing import List, NamedTuple, Optional, Tuple

GROUPS = {
    "refs": "References that die while they are in use.",
    "state": "State shared by all threads or by all interpreters of the process.",
    "modules": "What a module declares about itself.",
    "threads": "Attaching to and detaching from an interpreter, and locks.",
    "types": "Type objects and their instances.",
}
STABILITIES = ("preview", "stable")
# Value of the column -> how pages and the index say it.
FIXES = {
    "none": "none",
    "safe": "safe (`--fix`)",
    "unsafe": "needs review (`--fix-notes`)",
}

ROW = re.compile(r"^CHECK\((?P<fields>.*?)\)\s*$", re.MULTILINE | re.DOTALL)
# The macro's own definition and examples in comments are not rows.
FIELDS = re.compile(
    r'^\s*(?P<cls>\w+)\s*,\s*(?P<group>\w+)\s*,\s*"(?P<name>[^"]*)"\s*,\s*(?P<stability>\w+)\s*,'
    r'\s*"(?P<since>[^"]*)"\s*,\s*(?P<fix>\w+)\s*,\s*(?P<sentence>(?:"(?:[^"\\]|\\.)*"\s*)+)$',
    re.DOTALL,
)


class RegistryError(Exception):
    """Checks.def cannot be read."""


class Check(NamedTuple):
    cls: str  # BorrowedRefRaceCheck
    group: str  # refs
    name: str  # cpython-refs-borrowed-ref-race
    stability: str
    since: str
    fix: str
    sentence: str  # As written, without a final period.

    @property
    def pattern(self) -> str:
        """borrowed-ref-race; names the page and the tests."""
        prefix = f"cpython-{self.group}-"
        return self.name[len(prefix) :] if self.name.startswith(prefix) else self.name

    @property
    def header(self) -> str:
        return f"checks/{self.group}/{self.cls}.h"

    @property
    def source(self) -> str:
        return f"checks/{self.group}/{self.cls}.cpp"

    @property
    def page(self) -> str:
        return f"docs/checks/{self.group}/{self.pattern}.md"

    @property
    def badge(self) -> str:
        """The part of a page's badge line that follows from the row."""
        return f"`{self.name}` · {self.stability} since {self.since} · fix: {FIXES.get(self.fix, self.fix)}"


def class_of(pattern: str) -> str:
    return "".join(part.capitalize() for part in pattern.split("-")) + "Check"


def squeeze(text: str) -> str:
    """One line, one blank between words, no final period: how sentences are compared."""
    return re.sub(r"\s+", " ", text).strip().rstrip(".")


def path_of(root: str) -> str:
    return os.path.join(root, "checks", "Checks.def")


def parse(text: str) -> List[Check]:
    """The rows in the order of the file."""
    code = "\n".join("" if line.lstrip().startswith(("//", "#")) else line for line in text.splitlines())
    found = []
    for row in ROW.finditer(code):
        match = FIELDS.match(row["fields"])
        if not match:
            line = code.count("\n", 0, row.start()) + 1
            raise RegistryError(f"checks/Checks.def:{line}: not a row: {squeeze(row[0])}")
        sentence = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', match["sentence"])).replace('\\"', '"')
        values = match.groupdict()
        values["sentence"] = squeeze(sentence)
        found.append(Check(**values))
    if len(found) != len(re.findall(r"^CHECK\(", code, re.MULTILINE)):
        raise RegistryError("checks/Checks.def: a row does not end in ')' on a line's end")
    return found


def read(root: str) -> List[Check]:
    with open(path_of(root), encoding="utf-8") as file:
        return parse(file.read())


def sections(page: str) -> Tuple[str, str, List[Tuple[str, str]]]:
    """(title, badge line, [(heading, text)]) of a check's page; fenced code is not searched for headings."""
    title: Optional[str] = None
    badge = ""
    found: List[Tuple[str, List[str]]] = []
    fenced = False
    for line in page.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if not fenced and line.startswith("# ") and title is None:
            title = line[2:].strip()
        elif not fenced and line.startswith("## "):
            found.append((line[3:].strip(), []))
        elif found:
            found[-1][1].append(line)
        elif line.strip() and not badge:
            badge = line.strip()
    return title or "", badge, [(heading, "\n".join(lines).strip()) for heading, lines in found]
