"""Applies a unified diff from standard input to the files of the current folder, strictly: every line of context must be there."""

import re
import sys

name, lines, at, shift = None, [], 0, 0


def save():
    if name:
        with open(name, "w", encoding="utf-8") as stream:
            stream.writelines(lines)


for line in sys.stdin:
    if line.startswith("--- a/"):
        continue
    if line.startswith("+++ b/"):
        save()
        name, shift = line[6:].rstrip("\n"), 0
        with open(name, encoding="utf-8") as stream:
            lines = stream.readlines()
        continue
    hunk = re.match(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@", line)
    if hunk:
        first, count, new_first, new_count = map(int, hunk.groups())
        at = (first if count == 0 else first - 1) + shift
        assert at == (new_first if new_count == 0 else new_first - 1), line
        shift += new_count - count
        continue
    if line.startswith("\\"):
        continue
    if line[0] == "+":
        lines.insert(at, line[1:])
        at += 1
    else:
        assert lines[at] == line[1:], (name, at + 1, lines[at], line)
        if line[0] == "-":
            del lines[at]
        else:
            at += 1
save()
