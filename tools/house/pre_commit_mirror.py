#!/usr/bin/env python3
"""Writes the mirror repository for pre-commit: pre_commit_mirror.py FOLDER.

pre-commit installs a hook's repository itself, so the repository to name in .pre-commit-config.yaml is one that is installed in a
moment: it holds the hooks and depends on the wheel of the same version. Commit the files and tag them v<version>."""

import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROJECT = """\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "pyext-tidy-pre-commit"
version = "{version}"
description = "Hooks of pyext-tidy for pre-commit"
dependencies = ["pyext-tidy=={version}"]

[tool.setuptools]
py-modules = []
"""


def main():
    (folder,) = sys.argv[1:]
    with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as stream:
        version = re.search(r"project\(pyext-tidy VERSION ([0-9.]+)", stream.read())[1]
    with open(os.path.join(ROOT, ".pre-commit-hooks.yaml"), encoding="utf-8") as stream:
        hooks = "".join(line for line in stream if not line.startswith("#"))
    os.makedirs(folder, exist_ok=True)
    for name, text in ((".pre-commit-hooks.yaml", hooks), ("pyproject.toml", PROJECT.format(version=version))):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
            stream.write(text)
    print(f"v{version}")


if __name__ == "__main__":
    main()
