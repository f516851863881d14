"""Writes an interpreter of Python that knows only where headers are: fake_python.py FILE FOLDER_OF_PYTHON_H."""

import os
import sys

path, headers = sys.argv[1:]
with open(path, "w", encoding="utf-8") as stream:
    stream.write(f"#!/bin/sh\nprintf '3.13.9\\n%s\\n%s\\n' '{headers}' '{os.path.dirname(headers)}'\n")
os.chmod(path, 0o755)
