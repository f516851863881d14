"""Writes BuildId.cpp: who these checks are, by the content of their sources.

Not by time and not by revision: two builds of the same sources against the
same LLVM are the same checks.
"""

import argparse
import hashlib
import os


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llvm", required=True, help="full LLVM version")
    parser.add_argument("--version", required=True, help="project version")
    parser.add_argument("--root", required=True, help="folder of the inputs")
    parser.add_argument("output")
    parser.add_argument("inputs", nargs="+", help="relative to --root")
    args = parser.parse_args()

    digest = hashlib.sha256()
    for name in sorted(args.inputs):
        with open(os.path.join(args.root, name), "rb") as stream:
            content = stream.read()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    build = f"{args.version}+{digest.hexdigest()[:16]}.llvm{args.llvm}"
    text = (
        "// Written by cmake/build_id.py.\n"
        "namespace pyext {\n"
        f'extern const char BuildId[] = "{build}";\n'
        f'extern const char Version[] = "{args.version}";\n'
        "} // namespace pyext\n"
    )
    with open(args.output, "w", encoding="utf-8") as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
