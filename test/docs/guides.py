"""Runs the examples of the guides: guides.py PYEXT_TIDY DOCS WORK -- COMPILER_FLAGS.

Above every C block of DOCS/use/*.md a comment says what is true of it: <!-- finds CHECK -->: the check reports it in at least one
build, <!-- silent -->: no check reports anything in either, <!-- prelude -->: it stands before the other blocks of the page. A
KEY=VALUE in the comment is an option of the checks. With <!-- facts --> above a YAML block, the block before it must be silent when
that is the facts file. Prints what is wrong, or the number of examples."""

import os
import re
import subprocess
import sys
import textwrap

BLOCK = re.compile(r"^(?P<indent> *)(?:<!-- (?P<mark>[^\n]*) -->\n(?P=indent))?```(?P<kind>c|yaml)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)


def main():
    split = sys.argv.index("--")
    tidy, docs, work = sys.argv[1:split]
    flags = sys.argv[split + 1 :]
    problems, count = [], 0

    def reported(name, source, options):
        """Names of the checks that report something, in either build."""
        path = os.path.join(work, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(source)
        values = "".join(f", {{key: {key}, value: '{value}'}}" for key, value in options.items())
        config = "{Checks: '-*,cpython-*', CheckOptions: [" + values[2:] + "]}"
        found = set()
        for build in ([], ["-DPy_GIL_DISABLED=1"]):
            done = subprocess.run([tidy, "--quiet", "--config=" + config, path, "--", *flags, *build], capture_output=True, text=True)
            if done.returncode:
                problems.append(f"{name}: {done.stdout}{done.stderr}")
            found |= set(re.findall(r"warning: .*\[([a-z0-9-]+)[],]", done.stdout))
        return found

    for page in sorted(os.listdir(os.path.join(docs, "use"))):
        with open(os.path.join(docs, "use", page), encoding="utf-8") as stream:
            text = stream.read()
        prelude, last = '#include "Python.h"\n', None
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            name = f"{page[:-3]}-{line}"
            words = (match["mark"] or "").split()
            code = textwrap.dedent(match["text"])
            options = dict(word.split("=", 1) for word in words if "=" in word)
            if match["kind"] == "yaml":
                if words[:1] == ["facts"]:
                    path = os.path.join(work, name + ".yaml")
                    with open(path, "w", encoding="utf-8") as stream:
                        stream.write(code)
                    found = reported(name + ".c", last[0], {**last[1], "FactsFile": path})
                    count += 1
                    if found:
                        problems.append(f"{page}:{line}: with these facts there is still {sorted(found)}")
                continue
            if words[:1] == ["prelude"]:
                prelude += code
                continue
            last = (prelude + code, options)
            found = reported(name + ".c", *last)
            count += 1
            if words[:1] == ["finds"]:
                if words[1] not in found:
                    problems.append(f"{page}:{line}: {words[1]} does not report it, only {sorted(found)}")
            elif words[:1] == ["silent"]:
                if found:
                    problems.append(f"{page}:{line}: reported by {sorted(found)}")
            else:
                problems.append(f"{page}:{line}: a C block without a comment that says what is true of it")
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{count} examples")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
