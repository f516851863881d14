#!/usr/bin/env python3
"""Copies the repository without its checks, so that tests can add some of their own.

    copy_tree.py ROOT DESTINATION

Left out are the groups of checks, their tests and pages, their rows in the registry, in the table of claims and their release notes; the index is written
anew. DESTINATION is emptied first.
"""

import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import house  # noqa: E402

GROUP_FILES = re.compile(rf"(checks|test|docs/checks)/({'|'.join(house.registry.GROUPS)})/")


def edit(path: str, pattern: str) -> None:
    """Removes what matches."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(pattern, "", text, flags=re.MULTILINE | re.DOTALL))


def copy(root: str, destination: str) -> None:
    shutil.rmtree(destination, ignore_errors=True)
    for name in house.Tree(root).files:
        if GROUP_FILES.match(name) or name.startswith("test/claims/") or name == house.ALLOWED_NAMES:
            continue
        os.makedirs(os.path.dirname(os.path.join(destination, name)), exist_ok=True)
        shutil.copyfile(os.path.join(root, name), os.path.join(destination, name))
    edit(os.path.join(destination, "checks/Checks.def"), r"^CHECK\(.*?\)$\n")
    edit(os.path.join(destination, "docs/release-notes.md"), r"^- \[`cpython-[^\n]*\n(  [^\n]*\n)*")
    edit(os.path.join(destination, "docs/claims.md"), r"^\| \d[^\n]*\n")
    generator = os.path.join(root, "tools", "house", "docs_index.py")
    subprocess.run([sys.executable, generator, f"--root={destination}"], check=True)


if __name__ == "__main__":
    copy(sys.argv[1], sys.argv[2])
