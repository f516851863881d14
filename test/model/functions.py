"""Prints each function of a dumped model on one line: name, contexts, entries."""
import json
import sys

with open(sys.argv[1]) as file:
    model = json.load(file)
for function in model["functions"]:
    words = [function["name"], ",".join(function["contexts"]) or "-"]
    if function.get("presumed_init"):
        words.append("presumed")
    words += [entry["kind"] + (":" + entry["name"] if entry["kind"] != "exported" else "") for entry in function.get("entries", [])]
    print(*words)
