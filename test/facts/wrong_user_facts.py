#!/usr/bin/env python3
"""Gives the driver facts files that are wrong, each in its own way, and requires the error and a non-zero exit status.

    wrong_user_facts.py PYEXT_TIDY SOURCE TEMPORARY
"""

import os
import subprocess
import sys

CASES = [
    # What the file holds; what the error says after its name.
    ("Lockz:\n  - Name: A\n", ":1:1: unknown key 'Lockz'; expected one of: BorrowedReferences, CallEffects, "),
    ("Locks:\n  - Name: A\n    Op: Acquire\n    Argument: 0\n", ":4:5: unknown key 'Argument'; expected one of: Name, Spelling, Op, Kind, LockArg, LockArg2"),
    ("Locks:\n  - Name: A\n    Op: Grab\n", ":3:9: unknown value 'Grab'; expected one of: Begin, End, Acquire, "),
    ("Locks:\n  - Op: Acquire\n", ":2:5: missing required key 'Name'"),
    ("Locks:\n  - Name: A\n", ":2:5: missing required key 'Op'"),
    ("Locks:\n  - Name: A B\n    Op: Acquire\n", ":2:11: expected a name: letters, digits, '_' and '::'"),
    ("Locks:\n  - {Name: A, Op: Acquire, LockArg: -3}\n", ":2:37: expected the index of an argument, from 0, or 'this'"),
    ("Locks:\n  - {Name: A, Op: Acquire}\n  - {Name: A, Op: Release}\n", ":3:6: a second row of 'A' in Locks"),
    ("Locks:\n  - {Name: A, Op: Begin}\n", ":2:6: 'Op: Begin' and 'Op: End' are for a 'Kind' of critical section"),
    ("Locks:\n  - {Name: A, Op: Acquire, Spelling: Method, LockArg: 0}\n", ":2:6: 'Spelling: Method' and 'LockArg: this' need each other"),
    ("Locks:\n  Name: A\n", ":2:3: not a sequence; a table is a list of rows"),
    ("[a, b]\n", ":1:2: not a mapping; expected 'key: value' pairs"),
    ("?\n%", ": Map key must be a scalar"),
    ("Locks: [\n", ":1:9: Could not find closing ]"),
    ("BorrowedReferences:\n  - {Name: A, Container: List, Mutable: maybe}\n", ":2:41: expected true or false"),
    ("BorrowedReferences:\n  - {Name: A, Container: List, Since: 3}\n", ":2:39: expected a version such as '3.13'"),
    ("BorrowedReferences:\n  - {Name: A, Container: List, Replacement: B}\n", ":2:6: 'Replacement' and a 'Shape' other than None need each other"),
    ("BorrowedReferences:\n  - {Name: A, Container: List, OutArg: 1}\n", ":2:6: 'OutArg' and 'Result: OutArguments' need each other"),
    ("CallEffects:\n  - {Name: A, Class: Conditional}\n", ":2:6: 'Class: Conditional' needs a 'Condition'"),
    ("CallEffects:\n  - {Name: A, Class: RunsCode, MaySuspend: No}\n", ":2:6: a call that can run Python code has 'MaySuspend: Yes'"),
    ("ContainerCalls:\n  - {Name: A, Arg: this}\n", ":2:6: 'Arg' must be the index of an argument, from 0"),
    ("ThreadStates:\n  - {Name: A, Spelling: Type, Op: Attach, Family: Eval}\n", ":2:6: 'Spelling' must be one of: Function, Guard, Macro"),
    ("", ": holds no rows; expected one of: BorrowedReferences, "),
    ("# nothing yet\n", ": holds no rows; expected one of: BorrowedReferences, "),
    (None, ": cannot be read: No such file or directory"),
]


def main():
    tidy, source, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    failed = 0
    for number, (text, says) in enumerate(CASES):
        name = os.path.join(folder, f"{number}.yaml")
        if text is None:
            name = os.path.join(folder, "missing.yaml")
        else:
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        command = [tidy, "--checks=-*,cpython-refs-borrowed-ref-race", f"--config={{CheckOptions: {{FactsFile: '{name}'}}}}", source, "--"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 or name + says not in done.stderr:
            print(f"expected: {name}{says}\nexit status {done.returncode}\n{done.stderr}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
