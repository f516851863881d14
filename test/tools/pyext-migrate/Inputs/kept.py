"""kept.py OLD NEW [STYLED]: comments and preprocessor directives of the old file are in the new one, in the same order; and what the
formatter made of the new file takes away no other lines of the old one.

Comments that name the fields of a struct, /* tp_name */, may go with it. A macro may use what has moved. The #ifdef around
PyUnstable_Module_SetGIL() goes with the call.
"""

import difflib
import re
import sys

TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(/\*.*?\*/|//[^\n]*)|(^[ \t]*#(?:\\\n|[^\n])*)', re.S | re.M)


def read(path):
    with open(path, encoding="latin-1") as f:
        return f.read()


def kept(text):
    for match in TOKEN.finditer(text):
        found = re.sub(r"\s+", " ", match[1] or match[2] or "").strip()
        if found and not re.match(r"/\*\s*(tp|nb|sq|mp|bf|am|m|ml)_\w+", found):
            yield re.sub(r"^(#\s*define \w+).*", r"\1", found)


def removed(old, new):
    return [line for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line.startswith("- ")]


def main():
    old, new = read(sys.argv[1]), read(sys.argv[2])
    here, at = list(kept(new)), 0
    for found in kept(old):
        if found in here[at:]:
            at = here.index(found, at) + 1
        # A comment behind a variable goes into the struct with it.
        elif found != "#ifdef Py_GIL_DISABLED" and (found.startswith("#") or found not in here):
            sys.exit(f"kept.py: error: {sys.argv[2]}: gone or moved: {found}")
    if len(sys.argv) > 3 and set(removed(old, read(sys.argv[3]))) - set(removed(old, new)):
        sys.exit(f"kept.py: error: formatted lines that were not changed: {set(removed(old, read(sys.argv[3]))) - set(removed(old, new))}")


main()
