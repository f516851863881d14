#!/usr/bin/env python3
"""Uses the hooks with the real pre-commit in a repository that holds an extension.

    try_pre_commit.py PRE_COMMIT WHEEL FOLDER MIRROR_SCRIPT PYTHON_HEADERS

pre-commit installs the mirror that MIRROR_SCRIPT writes, and with it the wheel; this needs PyPI. FOLDER is made anew. Prints "ok: "
lines, ends with status 0 only when all is well."""

import glob
import json
import os
import shutil
import subprocess
import sys

DEFECT = """\
#include <Python.h>
#ifdef BUILT
#define INDEX 1
#else
#define INDEX 0
#endif
PyObject *NAME(PyObject *self, PyObject *list) {
  PyObject *item = PyList_GetItem(list, INDEX);
  if (item == NULL)
    return NULL;
  Py_INCREF(item);
  return item;
}
#ifdef BUILT
static PyObject *hook;
PyObject *NAME_set(PyObject *self, PyObject *value) {
  Py_XSETREF(hook, Py_NewRef(value));
  return Py_NewRef(hook);
}
#endif
"""


def main():
    pre_commit, wheel, folder, mirror_script, headers = map(os.path.abspath, sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    mirror, project = os.path.join(folder, "mirror"), os.path.join(folder, "project")
    os.makedirs(project)
    environment = dict(
        os.environ,
        PRE_COMMIT_HOME=os.path.join(folder, "cache"),
        PIP_FIND_LINKS=os.path.dirname(wheel),
        GIT_AUTHOR_NAME="x",
        GIT_AUTHOR_EMAIL="x@example.com",
        GIT_COMMITTER_NAME="x",
        GIT_COMMITTER_EMAIL="x@example.com",
    )
    for name in list(environment):
        if name.startswith("GIT_") and not name.endswith(("NAME", "EMAIL")):
            del environment[name]

    def run(*command, status=0, cwd=project):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd, env=environment)
        if done.returncode != status:
            sys.exit(f"{' '.join(command)}: status {done.returncode}, expected {status}\n{done.stdout}")
        return done.stdout

    def write(name, text):
        path = os.path.join(project, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)

    def read(name):
        with open(os.path.join(project, name), encoding="utf-8") as stream:
            return stream.read()

    version = run(sys.executable, mirror_script, mirror, cwd=folder).strip()
    run("git", "init", "-q", mirror, cwd=folder)
    run("git", "add", "-A", cwd=mirror)
    run("git", "commit", "-qm", "Mirror", cwd=mirror)
    run("git", "tag", version, cwd=mirror)

    def configure(hook):
        write(
            ".pre-commit-config.yaml",
            f"repos:\n  - repo: {mirror}\n    rev: {version}\n    hooks:\n      - id: {hook}\n"
            f"        args: [--python={headers}, '--checks=-*,cpython-refs-borrowed-ref-race,cpython-state-global-pyobject']\n",
        )

    run("git", "init", "-q")
    write("pyproject.toml", "")
    write("old.c", DEFECT.replace("NAME", "old"))
    write("notes.txt", "nothing\n")
    configure("pyext-tidy")
    run("git", "add", "-A")
    run("git", "commit", "-qm", "Old")
    run(pre_commit, "install", "--install-hooks")

    write("notes.txt", "more\n")
    run("git", "add", "notes.txt")
    run("git", "commit", "-qm", "No source")
    print("ok: a commit without sources passes")

    write("new.c", DEFECT.replace("NAME", "fresh"))
    run("git", "add", "new.c")
    text = run("git", "commit", "-m", "New", status=1)
    assert "new.c:8:20: warning: borrowed reference" in text and "old.c" not in text and "'hook'" not in text, text
    print("ok: only the file of the commit is analysed")

    # A database of a build, found without being named; --python swaps the headers.
    command = f"cc -DBUILT -I/nowhere -c {project}/new.c"
    write("build/cp313/compile_commands.json", json.dumps([{"directory": project, "file": "new.c", "command": command}]))
    text = run("git", "commit", "-m", "New", status=1)
    assert "new.c:15:18: warning: 'hook'" in text and "build/cp313/compile_commands.json" in text, text
    print("ok: the database of the build is used")
    shutil.rmtree(os.path.join(project, "build"))

    configure("pyext-tidy-fix")
    run("git", "add", ".pre-commit-config.yaml")
    text = run("git", "commit", "-m", "New", status=1)
    assert "files were modified by this hook" in text and "PyList_GetItemRef" in read("new.c"), text
    run("git", "add", "new.c")
    run("git", "commit", "-m", "New")
    assert "PyList_GetItemRef" not in read("old.c")
    print("ok: the fixing hook fixes, and the next commit passes")

    # What `pyext-tidy init pre-commit` writes, without a mirror; the version that it pins is the one of the wheel.
    os.remove(os.path.join(project, ".pre-commit-config.yaml"))
    (tidy,) = glob.glob(os.path.join(folder, "cache", "repo*", "py_env*", "bin", "pyext-tidy"))
    run(tidy, "init", "pre-commit")
    write(".pre-commit-config.yaml", read(".pre-commit-config.yaml").replace("# args: [", f"args: ['--python={headers}'] # ["))
    write("third.c", DEFECT.replace("NAME", "third"))
    run("git", "add", ".pre-commit-config.yaml", "third.c")
    text = run("git", "commit", "-m", "Third", status=1)
    assert "third.c:8:20: warning: borrowed reference" in text and "old.c" not in text, text
    print("ok: the hook that init writes does the same")


if __name__ == "__main__":
    main()
