"""Prints each access of a dumped model on one line: variable, kind, function, locks."""
import json
import sys

with open(sys.argv[1]) as file:
    model = json.load(file)
for state in model["state"]:
    for access in state["accesses"]:
        print(state["name"], access["kind"], access.get("function", "-"), "[" + ", ".join(access.get("locks", [])) + "]",
              *(["resets"] if access.get("resets") else []))
