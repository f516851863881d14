#!/usr/bin/env python3
"""Breaks every rule of house.py in a copy of the tree and requires that the rule notices.

    rules_can_fail.py ROOT TEMPORARY

The copy gets a check of its own, written by new_check.py and finished here, so that the rules have something to look at.
"""

import os
import re
import subprocess
import sys
from typing import List, NamedTuple, Optional

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import copy_tree  # noqa: E402
import house  # noqa: E402

SENTENCE = "Finds values that nobody has ever looked at"
HEADER = "checks/types/SampleValueCheck.h"
SOURCE = "checks/types/SampleValueCheck.cpp"
TEST = "test/types/sample-value.c"
PAGE = "docs/checks/types/sample-value.md"
REGISTRY = "checks/Checks.def"
NAME = "cpython-types-sample-value"


class Break(NamedTuple):
    topic: str
    file: str
    old: Optional[str]  # None: the file is written anew; with an empty `new` it is removed.
    new: str
    says: str


BREAKS = [
    Break("names", REGISTRY, NAME, "cpython-types-SampleValue", "in lower case"),
    Break("names", REGISTRY, "SampleValueCheck, types", "OtherCheck, types", "its class is SampleValueCheck"),
    Break("names", REGISTRY, "preview", "nightly", "stability nightly"),
    Break("names", REGISTRY, ", safe,", ", perfect,", "fix perfect"),
    Break("names", REGISTRY, "// clang-format off\n", "// clang-format off\n" + 'CHECK(ZCheck, types, "cpython-types-z", preview, "0.1", none, "Finds z")\n', "rows are sorted"),
    Break("names", TEST, None, "", "needs a test in C"),
    Break("names", PAGE, None, "", "missing; cpython-types-sample-value needs it"),
    Break("names", "checks/types/StrayCheck.cpp", None, "//\n", "belongs to no row"),
    Break("names", "checks/types/Stray.cpp", None, "//\n", "no check of the group includes"),
    Break("names", "test/types/stray.c", None, "//\n", "is not named after a check"),
    Break("sentences", HEADER, "nobody has", "somebody has", "does not begin with the sentence"),
    Break("sentences", HEADER, PAGE, "elsewhere", "does not name"),
    Break("sentences", PAGE, SENTENCE, "Finds things", "'What it does' does not begin"),
    Break("sentences", "docs/release-notes.md", SENTENCE, "Finds things", "release-notes.md: missing"),
    Break("sentences", REGISTRY, SENTENCE, "Value finder", "starts with a verb"),
    Break("pages", PAGE, "# " + NAME, "# sample", "the title is"),
    Break("pages", PAGE, "preview since", "stable since", "the line below the title"),
    Break("pages", PAGE, "## Known problems", "## Problems", "headings are"),
    Break("pages", PAGE, "It is known.", "", "nothing under 'Known problems'"),
    Break("pages", PAGE, "```c\n/* bad */\n```", "code", "block under 'Example'"),
    Break("pages", PAGE, "It is safe.", "None.", "the registry claims a fix"),
    Break("pages", SOURCE, "// body", 'Options.get("Depth", 3);', "the option `Depth` is not described"),
    Break("common-options", "docs/options.md", "## Hazard", "## Hazards", "'## Hazards' is no option"),
    Break("common-options", "docs/options.md", "## MinPython", "## Oldest", "no heading '## MinPython'"),
    Break("fix-claims", TEST, "CHECK-FIXES", "CHECK", "no test shows one"),
    Break("fix-claims", TEST, "%t", "%t -fix-notes", "no test shows one"),
    Break("fix-claims", TEST, "%check_tidy", "%clang_tidy", "no RUN line runs"),
    Break("fix-claims", REGISTRY, ", safe,", ", none,", "claims fix none, but a test shows a fix"),
    Break("fix-claims", REGISTRY, ", safe,", ", unsafe,", "claims a fix on a note"),
    Break("tests", TEST, f"[{NAME}]", "", "names it in brackets"),
    Break("tests", TEST, "%t", "%t -python=3.13,3.14", "no test of cpython-types-sample-value runs with Python 3.15, build gil"),
    Break("tests", TEST, "%t", "%t -config=gil", "runs with Python 3.13, build ft"),
    Break("messages", SOURCE, "// body", 'diag(Loc, "The value"\n  " is bad");', "starts in lower case: The value is bad"),
    Break("messages", SOURCE, "// body", 'diag(Loc, "bad value.");', "no final period"),
    Break("messages", SOURCE, "// body", 'diag(find("a"), "bad "\n "value.");', "no final period: bad value."),
    Break("messages", SOURCE, "// body", 'diag(Loc, "this check found a value");', "'this check'"),
    Break("facts-are-rows", SOURCE, "// body", 'isCallTo(Call, "PyList_GetItem");', '"PyList_GetItem": a fact'),
    Break("facts-are-rows", SOURCE, "// body", 'hasName("::_Py_NewRef");', '"_Py_NewRef": a fact'),
    Break("facts-are-rows", house.ALLOWED_NAMES, None, f"{SOURCE} Py_None a reason\n", "no longer needed"),
    Break("facts-are-rows", house.ALLOWED_NAMES, None, f"{SOURCE} Py_None\n", "expected: <file> <name> <reason>"),
    Break("llvm-versions", SOURCE, "// body", "#if LLVM_VERSION_MAJOR > 19\n#endif", "names an LLVM version"),
    Break("source-files", SOURCE, "//===- SampleValue", "//===- Other", "the first line is neither"),
    Break("source-files", SOURCE, house.LICENSE_LINE, "//", "no license header"),
    Break("source-files", HEADER, "PYEXT_TYPES_SAMPLEVALUECHECK_H", "SAMPLE_H", "the header guard is not"),
    Break("source-files", SOURCE, "// body", "\t// body", "tab or trailing blank"),
    Break("machine-paths", PAGE, "It is known.", "See " + "/home" + "/someone/x.", "absolute path of one machine"),
    Break("generated-files", "docs/checks/index.md", SENTENCE, "Finds things", "not up to date"),
    Break("links", PAGE, "It is known.", "[known](nowhere.md)", "link to nowhere.md"),
    Break("claims", "docs/claims.md", "checks/types/sample-value.md", "checks/types/other.md", "other.md is the page of no check"),
    Break("claims", "docs/claims.md", f"[test](../{TEST})", "", "9.7: names no test"),
    Break("claims", "docs/claims.md", "| none: ", "| nobody: ", "names no check, and does not say 'none'"),
    Break("claims", TEST, "// claim 9.7\n", "", "does not quote 'claim 9.7'"),
    Break("claims", TEST, "// claim 9.7\n", "// claim 9.7\n// claim 9.6\n", f"9.6: does not name {TEST}"),
    Break("claims", TEST, "// claim 9.7\n", "// claim 9.7\n// claim 9.8\n", "has no claim 9.8"),
    Break("unfinished", SOURCE, "// body", "// TODO: body", "unfinished"),
]


def write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def problems(root: str, topic: str) -> List[str]:
    try:
        return list(house.TOPICS[topic](house.Tree(root)))
    except house.registry.RegistryError as error:
        return [str(error)]


def finish_skeleton(root: str) -> None:
    replacements = {
        HEADER: [],
        SOURCE: [(r"// TODO: .*", "// body")],
        TEST: [
            (r"// TODO: // CHECK-MESSAGES", "// CHECK-MESSAGES"),
            (r"// TODO: // CHECK-FIXES: .*", "// CHECK-FIXES: int x;"),
            (r"// TODO: .*\n", ""),
        ],
        PAGE: [
            (r"/\* TODO: reported. \*/", "/* bad */"),
            (r"/\* TODO: not reported. \*/", "/* good */"),
            (r"TODO: what is reported wrongly.*", "It is known."),
            (r"TODO: why the fix.*", "It is safe."),
            (r"TODO.*", "None."),
        ],
    }
    for name, edits in replacements.items():
        path = os.path.join(root, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for pattern, new in edits:
            text = re.sub(pattern, new, text)
        write(path, text)
    # A claim that the sample check covers, and one that none does.
    with open(os.path.join(root, TEST), "a", encoding="utf-8") as file:
        file.write("// claim 9.7\n")
    with open(os.path.join(root, "docs/claims.md"), "a", encoding="utf-8") as file:
        file.write(f"| 9.6 | said | none: policy | |\n| 9.7 | said | [sample](checks/types/sample-value.md) | [test](../{TEST}) |\n")


def main() -> int:
    root, temporary = sys.argv[1], sys.argv[2]
    copy_tree.copy(root, temporary)
    generator = os.path.join(root, "tools", "house", "new_check.py")
    subprocess.run(
        [sys.executable, generator, f"--root={temporary}", "--fix=safe", "types", "sample-value", SENTENCE],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    finish_skeleton(temporary)

    failed = 0
    for topic in house.TOPICS:
        for line in problems(temporary, topic):
            if topic == "links" and not line.startswith(PAGE):
                continue  # Others link to the pages that were left out.
            print(f"not broken, but {topic} says: {line}")
            failed += 1
    broken_topics = {b.topic for b in BREAKS}
    for topic in house.TOPICS:
        if topic not in broken_topics:
            print(f"no break of the topic {topic}")
            failed += 1
    for number, b in enumerate(BREAKS, 1):
        path = os.path.join(temporary, b.file)
        before: Optional[str] = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                before = file.read()
        if b.old is not None:
            assert before is not None and b.old in before, f"{b}: nothing to break in:\n{before}"
            write(path, before.replace(b.old, b.new))
        elif b.new:
            write(path, b.new)
        else:
            os.remove(path)
        said = problems(temporary, b.topic)
        if not any(b.says in line for line in said):
            print(f"break {number}: {b}\n  was not noticed; the topic says {said}")
            failed += 1
        if before is None:
            os.remove(path)
        else:
            write(path, before)
    print(f"{len(BREAKS)} breaks, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
