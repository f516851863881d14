"""Writes a C++ source that holds files as strings: embed.py --root FOLDER OUTPUT FILE...

The source defines pyext::project::EmbeddedFiles; the name of each is its path below FOLDER."""

import argparse
import os
import sys

PIECE = 8000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", required=True)
    parser.add_argument("output")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()

    lines = [
        "// Written by cmake/embed.py.",
        '#include "Embedded.h"',
        "namespace pyext::project {",
        "static const EmbeddedFile Files[] = {",
    ]
    for path in args.files:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        if ')file"' in text:
            sys.exit(f'embed.py: {path} contains )file"')
        pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)] or [""]
        body = "\n    ".join(f'R"file({piece})file"' for piece in pieces)
        lines.append(f'  {{"{os.path.relpath(path, args.root).replace(os.sep, "/")}",\n   {body}}},')
    lines += ["};", "const llvm::ArrayRef<EmbeddedFile> EmbeddedFiles(Files);", "} // namespace pyext::project", ""]
    with open(args.output, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines))


if __name__ == "__main__":
    main()
