#!/usr/bin/env python3
"""Compares what --facts printed with the rows of checks/facts.

    check_json.py FACTS JSON [--break-it]

Every row must be there, in order, and every column of a row must be a member of its object with the same value, or be left
out when it is empty or -1. With --break-it the JSON is damaged first, in several ways, and each damage must be noticed.
"""

import copy
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rows import read  # noqa: E402

VERSIONS = ("Since", "Removed", "LimitedSince", "Version")
# Columns of two words, printed as a flag: the column, the member, the word that means true.
FLAGS = {
    "Build": ("FreeThreadedOnly", "FreeThreaded"),
    "Compat": ("InCompat", "InCompat"),
    "Mutability": ("Mutable", ("Mutable", "Replaceable")),
    "Errors": ("SwallowsErrors", "SwallowsErrors"),
    "Null": ("NullOk", "NullOk"),
    "Storage": ("Moves", "Moves"),
}


def member(row, column):
    """The name and value a column has in JSON; None: left out."""
    value = row[column]
    if column in FLAGS:
        name, true = FLAGS[column]
        return name, value in (true if isinstance(true, tuple) else (true,))
    if row.table == "InteriorPointers" and column == "What":
        return "IsSize", value == "Size"
    if column == "Freshness":
        return "Fresh", value != "Shared"
    if column == "NullOk":
        return column, value == "true"
    if column.endswith(("Arg", "Arg2")):
        return column, {"-1": None, "-2": "this"}.get(value, int(value))
    if column in VERSIONS:
        return column, None if value == "0" else "3." + value
    return column, None if value == "" or (column == "Struct" and value == "None") else value


def differences(tables, printed):
    for name in sorted(set(tables) ^ set(printed)):
        yield f"{name}: " + ("not printed" if name in tables else "no such table")
    for name in sorted(set(tables) & set(printed)):
        rows, objects = tables[name], printed[name]
        if len(rows) != len(objects):
            yield f"{name}: {len(rows)} rows, {len(objects)} printed"
            continue
        for row, item in zip(rows, objects):
            for column in row.values:
                key, value = member(row, column)
                if item.get(key) != value:
                    yield f"{row}: {key} is {item.get(key)!r}, not {value!r}"


def main():
    tables = read(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        printed = json.load(file)
    if sys.argv[3:] != ["--break-it"]:
        found = list(differences(tables, printed))
        print("".join(line + "\n" for line in found[:50]), end="")
        return 1 if found else 0

    def damage(change):
        broken = copy.deepcopy(printed)
        change(broken)
        return not list(differences(tables, broken))

    unnoticed = [
        number
        for number, change in enumerate(
            [
                lambda facts: facts.pop("Locks"),
                lambda facts: facts["TypeSlots"].pop(),
                lambda facts: facts["Locks"][3].update(LockArg=7),
                lambda facts: facts["BorrowedReferences"][3].update(Mutable=None),
                lambda facts: facts["Apis"][5].update(Since="3.1"),
                lambda facts: facts["CallEffects"][9].update(Class="None"),
                lambda facts: facts.update(More=[]),
            ]
        )
        if damage(change)
    ]
    print("".join(f"damage {number} is not noticed\n" for number in unnoticed), end="")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
