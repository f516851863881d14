#!/usr/bin/env python3
"""Stands in for the driver and misbehaves on demand.

A source line may end in `// FAKE <check>: <text>` or `// FAKE <check>: <text> => <the fixed line>`. The line is reported if the
check is on; with --fix it is replaced, and `=> refused` says that the fix could not be applied. Nothing is compiled.
"""

import re
import sys

arguments = sys.argv[1 : sys.argv.index("--")]
path = arguments[-1]
checks = next(a for a in arguments if a.startswith("--config="))
with open(path, encoding="utf-8") as file:
    lines = file.read().splitlines()
for number, line in enumerate(lines, 1):
    match = re.search(r"// FAKE ([\w-]+): (.*?)(?: => (.*))?$", line)
    if not match or not (match[1] in checks or match[1].startswith("clang-diagnostic-") or match[1].startswith("cpython-") and "cpython-*" in checks):
        continue
    print(f"{path}:{number}:1: warning: {match[2]} [{match[1]}]")
    if match[3] == "refused":
        print(f"{path}:{number}:1: note: this fix will not be applied because it overlaps with another fix")
    elif match[3] is not None and "--fix" in arguments:
        print(f"{path}:{number}:1: note: FIX-IT applied suggested code changes")
        lines[number - 1] = match[3]
with open(path, "w", encoding="utf-8") as file:
    file.write("".join(line + "\n" for line in lines))
