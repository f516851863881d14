"""pyext-tidy: thread-safety checks for C and C++ extension modules of CPython.

The tools are programs, `pyext-tidy`, `pyext-migrate` and `pyext-clangd`; this package only knows where they are.
"""

import os
import sys
import sysconfig

__all__ = ["find"]


def find(name="pyext-tidy"):
    """The path of a program of this distribution. Raises FileNotFoundError."""
    program = name + sysconfig.get_config_var("EXE")
    schemes = [sysconfig.get_path("scripts")]
    try:
        schemes.append(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    except (AttributeError, KeyError):
        pass
    # pip install --target: bin beside the package.
    schemes.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin"))
    schemes.append(os.path.dirname(os.path.abspath(sys.executable)))
    for folder in schemes:
        path = os.path.join(folder, program)
        if os.path.isfile(path):
            return path
    raise FileNotFoundError(f"{program} is in none of {', '.join(schemes)}; install pyext-tidy again")
