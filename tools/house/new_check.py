#!/usr/bin/env python3
"""Writes the skeleton of a new check: the only way to add one.

    new_check.py [--fix none|safe|unsafe] [--hazards ...] <group> <pattern> "Finds ..."

    new_check.py --fix safe refs borrowed-ref-race "Finds borrowed references that another thread can free while they are in use"

The pattern names the wrong code and reads well after "allow". The sentence is said in the same words in the registry, the class
comment, the page, the index and the release notes; later changes go to all of them (the house tests compare).

Writes checks/<group>/<Pattern>Check.{h,cpp}, test/<group>/<pattern>.c and docs/checks/<group>/<pattern>.md, adds a row to
checks/Checks.def and a line to docs/release-notes.md, and writes docs/checks/index.md anew. What remains to be done is marked TODO.
Nothing is overwritten: if one of the files exists, nothing at all is written and the exit status is 2.
"""

import argparse
import os
import re
import sys
from typing import Dict, NoReturn

import docs_index
import registry

LICENSE = """\
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
"""
WIDTH = 80
FIRST_UNRELEASED = "## Unreleased"
NEW_CHECKS = "### New checks"


def refuse(message: str) -> NoReturn:
    print(f"new_check.py: error: {message}", file=sys.stderr)
    sys.exit(2)


def banner(file: str, about: str, language: str) -> str:
    """The first line of a source file, 80 columns wide as in LLVM."""
    start = f"//===- {file} - {about} "
    end = f"{language}===//"
    return start + "-" * max(3, WIDTH - len(start) - len(end)) + end + "\n"


def wrap(text: str, prefix: str) -> str:
    lines, line = [], prefix.rstrip()
    for word in text.split():
        if len(line) + 1 + len(word) > WIDTH and line != prefix.rstrip():
            lines.append(line)
            line = prefix.rstrip()
        line += " " + word
    return "\n".join(lines + [line]) + "\n"


def header(check: registry.Check) -> str:
    guard = f"PYEXT_{check.group}_{check.cls}_H".upper()
    return (
        banner(f"{check.cls}.h", check.name, "*- C++ -*-")
        + LICENSE
        + f"""
#ifndef {guard}
#define {guard}

#include "support/ModelCheck.h"

namespace pyext::{check.group} {{

{wrap(check.sentence + ".", "///")}///
/// For users: {check.page}
class {check.cls} : public ModelCheck {{
public:
  using ModelCheck::ModelCheck;

protected:
  void analyze(const model::ExtensionModel &Model) override;
}};

}} // namespace pyext::{check.group}

#endif // {guard}
"""
    )


def source(check: registry.Check) -> str:
    return (
        banner(f"{check.cls}.cpp", check.name, "")
        + LICENSE
        + f"""
#include "{check.group}/{check.cls}.h"

namespace pyext::{check.group} {{

void {check.cls}::analyze(const model::ExtensionModel &Model) {{
  // TODO: ask the model, reject what is safe, diag() the rest.
}}

}} // namespace pyext::{check.group}
"""
    )


def test(check: registry.Check) -> str:
    run = " -fix-notes" if check.fix == "unsafe" else ""
    fixes = "" if check.fix == "none" else "// TODO: // CHECK-FIXES: each full line the fix writes.\n"
    return f"""// RUN: %check_tidy %s {check.name} %t{run}

#include <Python.h>

// TODO: what must be found.
// TODO: // CHECK-MESSAGES: :[[@LINE-1]]:COLUMN: warning: message [{check.name}]
{fixes}
// TODO: what looks alike and must not be found.
"""


def page(check: registry.Check, hazards: str) -> str:
    safety = {
        "none": "None.",
        "safe": "TODO: why the fix cannot change what correct code does.",
        "unsafe": "TODO: what a person has to decide before applying the fix.",
    }[check.fix]
    return f"""# {check.name}

{check.badge} · hazards: {hazards}

## What it does

{check.sentence}.

## Why is this bad?

TODO: what breaks at run time, with a link to the documentation of CPython.

## Example

```c
/* TODO: reported. */
```

## Use instead

```c
/* TODO: not reported. */
```

## Known problems

TODO: what is reported wrongly, and what is missed.

## Fix safety

{safety}

## Options

[Options common to all checks](../../options.md).

## References

TODO
"""


def row(check: registry.Check) -> str:
    sentence = check.sentence.replace('"', '\\"')
    return f'CHECK({check.cls}, {check.group}, "{check.name}", {check.stability}, "{check.since}", {check.fix},\n      "{sentence}")\n'


def with_row(text: str, check: registry.Check) -> str:
    """Checks.def with the row of `check` before the first one whose name is greater."""
    starts = [match.start() for match in re.finditer(r"^CHECK\(", text, re.MULTILINE)]
    for start, other in zip(starts, registry.parse(text)):
        if other.name > check.name:
            return text[:start] + row(check) + text[start:]
    end = re.search(r"^// clang-format on$", text, re.MULTILINE)
    if not end:
        refuse("checks/Checks.def has no line '// clang-format on' after its rows")
    return text[: end.start()] + row(check) + text[end.start() :]


def release_note(check: registry.Check) -> str:
    return f"- [`{check.name}`](checks/{check.group}/{check.pattern}.md): {check.sentence}.\n"


def with_release_note(text: str, check: registry.Check) -> str:
    if FIRST_UNRELEASED not in text:
        refuse(f"docs/release-notes.md has no heading '{FIRST_UNRELEASED}'")
    before, after = text.split(FIRST_UNRELEASED + "\n", 1)
    following = re.search(r"^## ", after, re.MULTILINE)
    section, rest = (after[: following.start()], after[following.start() :]) if following else (after, "")
    if NEW_CHECKS not in section:
        section = section.rstrip("\n") + f"\n\n{NEW_CHECKS}\n\n" + ("\n" if rest else "")
    start, lines = section.split(NEW_CHECKS + "\n\n", 1)
    notes = re.match(r"(?:- .*\n(?:  .*\n)*)*", lines)
    assert notes
    kept = re.findall(r"- .*\n(?:  .*\n)*", notes[0]) + [release_note(check)]
    section = start + NEW_CHECKS + "\n\n" + "".join(sorted(kept)) + lines[notes.end() :]
    return before + FIRST_UNRELEASED + "\n" + section + rest


def version_of(root: str) -> str:
    """Major and minor of the project's version: the release that will bring the check."""
    with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as file:
        match = re.search(r"project\(pyext-tidy VERSION (\d+\.\d+)", file.read())
    if not match:
        refuse("CMakeLists.txt says no project(pyext-tidy VERSION ...)")
    return match[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fix", choices=tuple(registry.FIXES), default="none")
    parser.add_argument("--hazards", choices=("free-threading", "subinterpreters", "both"), default="both")
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    parser.add_argument("group", choices=tuple(registry.GROUPS))
    parser.add_argument("pattern")
    parser.add_argument("sentence")
    args = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", args.pattern):
        refuse(f"{args.pattern!r}: a pattern is lower-case words joined by '-'")
    sentence = registry.squeeze(args.sentence)
    if not re.match(r"[A-Z][a-z]+s ", sentence) or "this check" in sentence.lower():
        refuse("the sentence starts with a verb, as in 'Finds ...', and does not say 'this check'")

    def path(*parts: str) -> str:
        return os.path.join(args.root, *parts)

    def read(name: str) -> str:
        with open(path(name), encoding="utf-8") as file:
            return file.read()

    try:
        check = registry.Check(
            registry.class_of(args.pattern),
            args.group,
            f"cpython-{args.group}-{args.pattern}",
            "preview",
            version_of(args.root),
            args.fix,
            sentence,
        )
        if check.name in [other.name for other in registry.read(args.root)]:
            refuse(f"{check.name} exists")
        hazards = {"both": "free-threading, subinterpreters"}.get(args.hazards, args.hazards)
        new: Dict[str, str] = {
            check.header: header(check),
            check.source: source(check),
            f"test/{check.group}/{check.pattern}.c": test(check),
            check.page: page(check, hazards),
        }
        for name in new:
            if os.path.exists(path(name)):
                refuse(f"{name} exists")
        new["checks/Checks.def"] = with_row(read("checks/Checks.def"), check)
        new["docs/release-notes.md"] = with_release_note(read("docs/release-notes.md"), check)
        for name, text in new.items():
            os.makedirs(os.path.dirname(path(name)), exist_ok=True)
            with open(path(name), "w", encoding="utf-8") as file:
                file.write(text)
            print(name)
        with open(path("docs", "checks", "index.md"), "w", encoding="utf-8") as file:
            file.write(docs_index.index(args.root))
        print("docs/checks/index.md")
    except (registry.RegistryError, OSError) as error:
        refuse(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
