#!/usr/bin/env python3
"""Today's tools and pyext-tidy on the same labelled files: recall, silence after the fix, how much each says, and its time.

    compare.py LABELS [--toolkits DIR] [TOOL...]

LABELS and the options for sources and headers are those of labels.py. Tools:

    pyext-tidy   all checks of this project, GIL and free-threaded headers
    clang-tidy   cppcoreguidelines-avoid-non-const-global-variables, the nearest check of stock clang-tidy
    cppcheck     its addon threadsafety, one configuration like the others (Debian: cppcheck)
    grep         the names numpy's CI looks for (tools/ci/check_c_api_usage.py): functions that return borrowed references
    ft-review    the scanners of github.com/devdanzin/ft-review-toolkit
    cext-review  the scanners of github.com/devdanzin/cext-review-toolkit

The toolkits are scripts for people who look through candidates with a language model; here only what the scripts print is
counted. --toolkits names a folder with checkouts of both; --toolkit-python an interpreter that has tree-sitter, tree-sitter-c
and tree-sitter-cpp (default: this one). A tool that is not there is left out and named.

`found` counts a site when the tool says anything within two lines of it; for pyext-tidy also `own class`: a check that is about
that class of defect. `silent` is the share of fixed sites at which it says nothing any more. `per 1,000 lines` is what it says
in all fixed versions: code that maintainers had just been through. What is still reported there is mostly not what they
had in mind, so it bounds the noise from above. `at a defect` is the share of all it says before the fixes
that lies at one of the labelled sites: it bounds precision from below, as labels do not name every defect of a file.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import sys
import time

from labelled import PROJECT, Error, Finding, Key, Result, Score, add_arguments, measured, open_labels, run_all, run_clang_like

BORROWED = ("PyList_GetItem PyDict_GetItem PyDict_GetItemWithError PyDict_GetItemString PyDict_SetDefault PyDict_Next PyWeakref_GetObject "
            "PyWeakref_GET_OBJECT PyList_GET_ITEM _PyDict_GetItemStringWithError PyImport_AddModule PyCell_GET PySequence_Fast_GET_ITEM "
            "PyTuple_GetItem").split()
TOOLS = ("pyext-tidy", "clang-tidy", "cppcheck", "grep", "ft-review", "cext-review")
CPPCHECK = re.compile(r"^(.+?)\t(\d+)\t(threadsafety-\S+)$", re.MULTILINE)


def grep(labels, sources, key):
    path = sources.source(key) / key.path
    if not path.is_file():
        return Result([], "its source is missing", 0)
    start = time.process_time()
    name = re.compile(r"\b(%s)\s*\(" % "|".join(BORROWED))
    file = os.path.realpath(path)
    found = [Finding(match[1], ((file, number),)) for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
             for match in name.finditer(line) if not line.lstrip().startswith(("//", "*", "/*"))]
    return Result(found, "", time.process_time() - start)


def cppcheck(labels, sources, key, options):
    folder = sources.source(key)
    path = folder / labels.rows[key]["main_file"]
    flags = sources.flags(labels, key, "flags")
    if not path.is_file() or flags is None:
        return Result([], "its source or headers are missing", 0)
    # It has no use for system headers; macros of the project it needs.
    own = [f for f in flags if f.startswith("-D") or f.startswith("-I" + str(folder))]
    status, text, cpu = measured(["cppcheck", "--addon=threadsafety", "--max-configs=1", "--quiet", "--template={file}\t{line}\t{id}", *own, str(path)], options.timeout, str(folder))
    found = [Finding(check, ((os.path.realpath(folder / file), int(line)),)) for file, line, check in CPPCHECK.findall(text)]
    return Result(found, "" if status is not None else f"no end after {options.timeout} s", cpu)


def toolkit(name, labels, sources, key, options):
    path = sources.source(key) / key.path
    if not path.is_file():
        return Result([], "its source is missing", 0)
    found, trouble, seconds = [], "", 0.0
    for script in sorted((options.toolkits / name / "plugins" / name / "scripts").glob("scan_*.py")):
        if script.name == "scan_common.py" or "cython" in script.name:
            continue
        status, text, cpu = measured([options.toolkit_python, str(script), str(path)], options.timeout)
        seconds += cpu
        try:
            for finding in json.loads(text[text.index("{"):]).get("findings", []):
                if isinstance(finding.get("line"), int):
                    found.append(Finding(finding.get("type", script.stem), ((os.path.realpath(path), finding["line"]),)))
        except (ValueError, AttributeError) as error:
            trouble = trouble or f"{script.name}: {error}"
    return Result(found, "" if found else trouble, seconds)


def runner(tool, labels, sources, options):
    """A function from a file to what is said about it, or why the tool cannot be run."""
    if tool == "pyext-tidy":
        if not options.tool.is_file():
            return f"{options.tool} does not exist"
        command = [str(options.tool.resolve()), "--checks=-*,cpython-*", "--quiet"]
        return lambda key: run_clang_like(command, labels, key, sources, "cpython-", options.timeout)
    if tool == "clang-tidy":
        program = shutil.which("clang-tidy-19") or shutil.which("clang-tidy")
        if not program:
            return "clang-tidy is not installed"
        check = "cppcoreguidelines-avoid-non-const-global-variables"
        return lambda key: run_clang_like([program, f"--checks=-*,{check}", "--quiet"], labels, key, sources, check, options.timeout, ("flags",))
    if tool == "cppcheck":
        return (lambda key: cppcheck(labels, sources, key, options)) if shutil.which("cppcheck") else "cppcheck is not installed"
    if tool == "grep":
        return lambda key: grep(labels, sources, key)
    name = tool + "-toolkit"
    if not options.toolkits or not (options.toolkits / name / "plugins" / name / "scripts").is_dir():
        return f"no {name} in the folder that --toolkits names"
    return lambda key: toolkit(name, labels, sources, key, options)


def lines_of(sources, key):
    path = sources.source(key) / key.path
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--tool", type=pathlib.Path, default=PROJECT / "build" / "llvm-19" / "bin" / "pyext-tidy")
    parser.add_argument("--toolkits", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--toolkit-python", default=sys.executable, metavar="FILE")
    parser.add_argument("--classes", action="store_true", help="recall by class too")
    parser.add_argument("tools", nargs="*", metavar="TOOL", help=f"default: all of {', '.join(TOOLS)}")
    options = parser.parse_intermixed_args()
    try:
        labels, sources = open_labels(options)
        keys = labels.keys()
        for key in keys:
            sources.source(key)
    except (Error, OSError) as error:
        print(f"compare.py: error: {error}", file=sys.stderr)
        return 2
    before = sorted({Key(s["repo"], s["parent_commit"], s["path"]) for s in labels.sites} & set(keys))
    after = sorted({Key(s["repo"], s["fix_commit"], s["path"]) for s in labels.sites} & set(keys))
    lines = sum(lines_of(sources, key) for key in after)
    print(f"{len(labels.sites)} sites in {len(before)} files before their fixes; {len(after)} files, {lines} lines after them\n")
    print(f"| tool | found | own class | silent after the fix | at a defect | per 1,000 lines | user CPU, s | not analysed |\n|---|--:|--:|--:|--:|--:|--:|--:|")
    scores = {}
    for tool in options.tools or TOOLS:
        run = runner(tool, labels, sources, options)
        if isinstance(run, str):
            print(f"| {tool} | - | | | | | | {run} |")
            continue
        results = run_all(keys, run, options.jobs)
        loose, strict = Score(), Score()
        for site in labels.sites:
            pair = (results.get(Key(site["repo"], site[c], site["path"])) for c in ("parent_commit", "fix_commit"))
            earlier, later = pair
            loose.add(site, earlier, later, sources, own_classes=False)
            strict.add(site, earlier, later, sources, own_classes=True)
        scores[tool] = loose
        places = {}
        for site in labels.sites:
            key = Key(site["repo"], site["parent_commit"], site["path"])
            if key in results:
                file = os.path.realpath(sources.source(key) / key.path)
                for first, last in [(site["line"], site.get("line_end") or site["line"]), *((n, n) for n in site.get("alt_lines") or [])]:
                    places.setdefault(file, []).append((first - 2, last + 2))

        def distinct(chosen):
            """What is said in the labelled files themselves, once for both header configurations."""
            return {(f.check, *f.places[0]) for key in chosen for f in results[key].findings
                    if f.places[0][0] == os.path.realpath(sources.source(key) / key.path)}

        said = distinct(before)
        hits = sum(any(low <= line <= high for low, high in places.get(file, [])) for _, file, line in said)
        own = f"{strict.recall():.1f} %" if tool == "pyext-tidy" else ""
        seconds = sum(result.seconds for result in results.values())
        failed = sum(bool(result.trouble) for result in results.values())
        print(f"| {tool} | {loose.recall():.1f} % | {own} | {loose.silence():.1f} % | {100 * hits / max(len(said), 1):.1f} % of {len(said)} | "
              f"{1000 * len(distinct(after)) / max(lines, 1):.1f} | {seconds:.0f} | {failed} |", flush=True)
    if options.classes and scores:
        kinds = sorted({site["class"] for site in labels.sites})
        print("\n| class | sites | " + " | ".join(scores) + " |\n|---|--:|" + "--:|" * len(scores))
        for kind in kinds:
            cells = [f"{100 * s.loose[kind] / s.sites[kind]:.0f} %" if s.sites[kind] else "-" for s in scores.values()]
            print(f"| {kind} | {max(s.sites[kind] for s in scores.values())} | " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
