#!/usr/bin/env python3
"""Runs the examples of the checks' pages.

    examples.py --driver PYEXT_TIDY --python-headers DIR --inputs DIR [--root ROOT] --work DIR [PAGE...]

Each fenced block under "Example" must be reported by the check of the page in at least one of the two builds (with and without
Py_GIL_DISABLED), each block under "Use instead" in neither; all of them must compile. A block is compiled after
test/Inputs/prelude.h, with the headers of Python 3.15 and the stand-ins of test/Inputs/bindings, as C11 or as C++17. Exit status: 0 if that holds for every page and there
is at least one page per check, 1 if not.
"""

import argparse
import os
import re
import subprocess
import sys
from typing import Iterator, List, Tuple

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools", "house"))

import registry  # noqa: E402

PYTHON = "3.15"
BUILDS = {"gil": [], "ft": ["-DPy_GIL_DISABLED=1"]}
LANGUAGES = {"c": ["-xc", "-std=c11"], "cpp": ["-xc++", "-std=c++17"]}


def blocks(text: str) -> Iterator[Tuple[str, str]]:
    """(language, code) of the fenced blocks of a section."""
    for match in re.finditer(r"^```(\S*)[^\n]*\n(.*?)^```[ \t]*$", text, re.MULTILINE | re.DOTALL):
        yield match[1], match[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--python-headers", required=True)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--root", default=os.path.join(HERE, "..", ".."))
    parser.add_argument("--work", required=True)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="docs/checks/<group>/<pattern>.md; all if none is named")
    args = parser.parse_args()
    include = os.path.join(args.python_headers, f"root-{PYTHON}", "usr", "include")
    os.makedirs(args.work, exist_ok=True)
    problems: List[str] = []
    ran = 0

    def findings(check: registry.Check, name: str, language: str, code: str, build: str) -> List[str]:
        """The check's own diagnostics; anything else the run says about the block is a problem."""
        path = os.path.join(args.work, f"{name}.{language}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(code)
        command = [
            args.driver,
            f"--config={{Checks: '-*,{check.name},clang-diagnostic-*'}}",
            "--quiet",
            path,
            "--",
            *LANGUAGES[language],
            *BUILDS[build],
            "-Wall",
            "-Wno-unused",
            "-isystem",
            os.path.join(include, f"python{PYTHON}"),
            "-isystem",
            include,
            "-isystem",
            os.path.join(args.inputs, "bindings"),
            "-include",
            os.path.join(args.inputs, "prelude.h"),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        loud = re.findall(r"^\S.*?: (?:warning|error): .*$", done.stdout, re.MULTILINE)
        own = [line for line in loud if f"[{check.name}]" in line]
        if done.returncode != 0 or len(own) != len(loud):
            problems.append(f"{check.page}: {name} ({build}) does not compile without warnings:\n{done.stdout}")
        return own

    try:
        checks = registry.read(args.root)
        known = [check.page for check in checks]
        for page in args.pages:
            if page not in known:
                parser.error(f"{page} is no page of a check")
        for check in checks:
            if args.pages and check.page not in args.pages:
                continue
            with open(os.path.join(args.root, check.page), encoding="utf-8") as file:
                sections = dict(registry.sections(file.read())[2])
            for heading, bad in (("Example", True), ("Use instead", False)):
                found = list(blocks(sections.get(heading, "")))
                if not found:
                    problems.append(f"{check.page}: no code under '{heading}'")
                for number, (language, code) in enumerate(found, 1):
                    if language not in LANGUAGES:
                        problems.append(f"{check.page}: block {number} under '{heading}' is marked '{language}', expected c or cpp")
                        continue
                    name = f"{check.pattern}-{heading.replace(' ', '-').lower()}-{number}"
                    said = [line for build in BUILDS for line in findings(check, name, language, code, build)]
                    ran += 1
                    if bad and not said:
                        problems.append(f"{check.page}: block {number} under '{heading}' is not reported")
                    if not bad and said:
                        problems.append(f"{check.page}: block {number} under '{heading}' is reported:\n" + "\n".join(said))
    except (registry.RegistryError, OSError) as error:
        problems.append(str(error))
    for problem in problems:
        print(problem)
    print(f"{ran} blocks, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
