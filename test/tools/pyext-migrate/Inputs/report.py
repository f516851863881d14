"""report.py FILE: the report of pyext-migrate holds together."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as f:
    report = json.load(f)
modules = {tuple(m["sources"]): m for m in report["modules"]}
one, two = modules["src/one.c", "src/one_help.c"], modules["src/two.c",]
assert one["claims"] == {"own_gil": True, "no_gil": False} and one["level"] == "interpreters" and one["left"] == []
assert one["files"] == ["src/one.c", "src/one_help.c", "src/one_state.h"], one["files"]
assert {(m["file"], m["line"]) for m in one["moved"]} == {("src/one.c", 3), ("src/one_help.c", 2)}
assert two["claims"]["own_gil"] is False and any("opened" in text for text in two["against"]["own_gil"] + two["against"]["several_interpreters"]), two
assert set(modules["src/broken.c",]) == {"module", "sources", "level", "status", "reason"}
