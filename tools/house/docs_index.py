#!/usr/bin/env python3
"""Writes docs/checks/index.md from checks/Checks.def.

    docs_index.py            write it
    docs_index.py --check    write nothing; exit with 1 if the file is not what would be written
"""

import argparse
import os
import sys

import registry

HEADING = """\
# Checks

Written by tools/house/docs_index.py from checks/Checks.def; edits belong there.

Every check is named `cpython-<group>-<pattern>`, so a glob selects a group: `--checks='-*,cpython-refs-*'`.
"""


def index(root: str) -> str:
    checks = registry.read(root)
    parts = [HEADING]
    for group, about in registry.GROUPS.items():
        rows = [check for check in checks if check.group == group]
        if not rows:
            continue
        parts.append(f"\n## {group}\n\n{about}\n\n| check | stability | fix | |\n|---|---|---|---|\n")
        for check in sorted(rows, key=lambda check: check.name):
            link = f"[`{check.name}`]({group}/{check.pattern}.md)"
            sentence = check.sentence.replace("|", r"\|")
            parts.append(f"| {link} | {check.stability} since {check.since} | {registry.FIXES.get(check.fix, check.fix)} | {sentence}. |\n")
    return "".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    args = parser.parse_args()
    path = os.path.join(args.root, "docs", "checks", "index.md")
    try:
        wanted = index(args.root)
        if args.check:
            with open(path, encoding="utf-8") as file:
                if file.read() != wanted:
                    print("docs_index.py: docs/checks/index.md is not up to date; run tools/house/docs_index.py", file=sys.stderr)
                    return 1
            return 0
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(wanted)
    except (registry.RegistryError, OSError) as error:
        print(f"docs_index.py: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
