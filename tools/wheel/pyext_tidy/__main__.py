"""python -m pyext_tidy: the same as pyext-tidy."""

import os
import subprocess
import sys

from . import find

if __name__ == "__main__":
    program = find()
    if os.name == "posix":
        os.execv(program, [program, *sys.argv[1:]])
    sys.exit(subprocess.call([program, *sys.argv[1:]]))
