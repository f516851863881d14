"""Writes CheckPages.cpp: the rows of checks/Checks.def with the hazards and the text of each check's page, for
`pyext-tidy explain` and for reports."""

import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "house"))

import registry  # noqa: E402

# A string literal must not be longer than this in every compiler.
PIECE = 8000


def literal(text):
    """One or more raw string literals, joined by the compiler."""
    if ')page"' in text:
        sys.exit('check_pages.py: a page contains )page"')
    pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)] or [""]
    return "\n    ".join(f'R"page({piece})page"' for piece in pieces)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", required=True)
    parser.add_argument("output")
    args = parser.parse_args()

    lines = [
        "// Written by cmake/check_pages.py.",
        '#include "Catalogue.h"',
        "namespace pyext::project {",
        "static const CheckInfo Rows[] = {",
    ]
    for check in sorted(registry.read(args.root), key=lambda check: check.name):
        page = ""
        path = os.path.join(args.root, check.page)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                page = stream.read()
        _, badge, _ = registry.sections(page)
        hazards = badge.partition(" · hazards: ")[2]
        strings = [check.name, check.group, check.pattern, check.stability, check.since, check.fix, check.sentence]
        lines.append("  {" + ", ".join(literal(text) for text in strings) + ",")
        lines.append(f"   {str('free-threading' in hazards).lower()}, {str('subinterpreters' in hazards).lower()},")
        lines.append(f"   {literal(page)}}},")
    lines += [
        "};",
        "const llvm::ArrayRef<CheckInfo> CheckRows(Rows);",
        "} // namespace pyext::project",
        "",
    ]
    with open(args.output, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines))


if __name__ == "__main__":
    main()
