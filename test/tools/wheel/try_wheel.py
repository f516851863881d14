#!/usr/bin/env python3
"""Installs a wheel of pyext-tidy into a new virtual environment and uses it as on a machine without LLVM.

    try_wheel.py WHEEL FOLDER SOURCE PYTHON_HEADERS LSP

FOLDER is made anew. SOURCE is an extension with planted defects, PYTHON_HEADERS a folder with Python.h, LSP the client of
test/tools/pyext-clangd. Every folder of an installed LLVM is hidden from the tools. Prints "ok: " lines, ends with status 0 only
when all is well."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile


def run(*command, status=0, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != status:
        sys.exit(f"{' '.join(command)}: status {done.returncode}, expected {status}\n{done.stdout}")
    return done.stdout


def main():
    wheel, folder, source, headers, lsp = map(os.path.abspath, sys.argv[1:])
    name = os.path.basename(wheel)
    assert "-py3-none-" in name, name
    with zipfile.ZipFile(wheel) as archive:
        members = archive.namelist()
    assert any(member.endswith(".data/scripts/pyext-tidy") for member in members)
    assert any(member.endswith("/include/stddef.h") for member in members)
    assert not any("cuda" in member for member in members)
    print(f"ok: {name}, {os.path.getsize(wheel) / 1e6:.1f} MB")

    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    tools = os.path.join(folder, "bin")
    run(os.path.join(tools, "pip"), "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel)
    for tool in ("pyext-tidy", "pyext-migrate", "pyext-clangd"):
        needed = run("ldd", os.path.join(tools, tool))
        for library in ("LLVM", "clang", "stdc++", "z3", "xml2", "zstd"):
            assert library not in needed, needed
    print("ok: the tools need the C library only")

    # As root in a mount namespace of its own, LLVM is really gone; otherwise the tools must not open anything of it.
    hide = [path for path in ("/usr/lib/llvm-19", "/usr/lib/llvm-22", "/usr/lib/llvm-14") if os.path.isdir(path)]
    script = "".join(f"mount -t tmpfs none {path} && " for path in hide) + 'exec "$@"'
    prefix = ["unshare", "-m", "sh", "-c", script, "sh"] if os.geteuid() == 0 else []
    project = os.path.join(folder, "project")
    os.mkdir(project)
    shutil.copy(source, project)
    copy = os.path.join(project, os.path.basename(source))
    environment = dict(os.environ, PATH="/usr/bin:/bin")

    tidy = os.path.join(tools, "pyext-tidy")
    text = run(*prefix, tidy, "check", f"--python={headers}", project, status=1, cwd=project, env=environment)
    assert "[cpython-refs-borrowed-ref-race]" in text and "1 file analysed" in text, text
    print("ok: pyext-tidy check finds the planted defects")
    migrate = os.path.join(tools, "pyext-migrate")
    flags = ("-isystem", headers, "-isystem", os.path.dirname(headers))
    text = run(*prefix, migrate, "--level=multi-phase", copy, "--", *flags, cwd=project, env=environment)
    assert "+++ " in text and "Py_mod_multiple_interpreters" in text, text
    print("ok: pyext-migrate rewrites it")
    text = run(*prefix, os.path.join(tools, "python"), "-m", "pyext_tidy", "--version", env=environment)
    assert text.startswith("pyext-tidy "), text
    print("ok: python -m pyext_tidy")
    flags = [f"--flag={flag}" for flag in ("-isystem", headers, "-isystem", os.path.dirname(headers))]
    text = run(
        *prefix, sys.executable, lsp, *flags, copy, "--", os.path.join(tools, "pyext-clangd"), "--log=error", env=environment
    )
    assert "[cpython-refs-borrowed-ref-race]" in text and "error:" not in text, text
    print("ok: pyext-clangd shows them")


if __name__ == "__main__":
    main()
