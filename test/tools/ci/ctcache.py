"""Runs pyext-tidy by way of ctcache: ctcache.py CLANG_TIDY_CACHE PYEXT_TIDY OTHER_PYEXT_TIDY FOLDER SOURCE -- COMPILER FLAGS.

OTHER_PYEXT_TIDY is one with other checks. Both run under one name, one after the other, as when a new version is installed: what the
first has found is served from the cache, and nothing of it to the second."""

import os
import shutil
import subprocess
import sys

split = sys.argv.index("--")
cache, tidy, other, folder, source = map(os.path.abspath, sys.argv[1:split])
flags = sys.argv[split + 1 :]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
installed = os.path.join(folder, "pyext-tidy")
environment = dict(os.environ, CTCACHE_DIR=os.path.join(folder, "cache"), CTCACHE_SAVE_OUTPUT="1", CTCACHE_SAVE_ALL="1")


def install(program):
    """A script, so that each finds its own libraries; it notes when it analyses."""
    with open(installed, "w", encoding="utf-8") as stream:
        stream.write(f'#!/bin/sh\ncase "$*" in *--dump-config*) ;; *) echo run >> {folder}/runs ;; esac\nexec {program} "$@"\n')
    os.chmod(installed, 0o755)


def analyse():
    before = runs()
    done = subprocess.run(
        [sys.executable, cache, installed, "--quiet", source, "--", *flags, "-c", source],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(f"{'analysed' if runs() > before else 'from the cache'}, {done.stdout.count('warning: ')} findings, status {done.returncode}")
    return done.stdout


def runs():
    path = os.path.join(folder, "runs")
    return len(open(path, encoding="utf-8").readlines()) if os.path.exists(path) else 0


install(tidy)
analyse()
analyse()
install(other)
analyse()
