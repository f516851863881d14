"""Executes the steps of action.yml and of the files that `pyext-tidy init github gitlab` writes: action.py ROOT PYEXT_TIDY FOLDER PYTHON.

The commands are run as they stand, by bash, in a project with one defect. Only what installs from PyPI is replaced: pip says what it
was asked to install, pyext-tidy is PYEXT_TIDY, and the project is built without an environment. PYTHON is an interpreter that knows headers. Steps that use other actions are named.
Prints what happened."""

import json
import os
import re
import subprocess
import sys

import yaml

root, tidy, folder, python = map(os.path.abspath, sys.argv[1:])
tools = os.path.join(folder, "tools")
project = os.path.join(folder, "project")
os.makedirs(tools)
with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as stream:
    version = re.search(r"project\(pyext-tidy VERSION ([0-9.]+)", stream.read())[1]


def program(name, text):
    path = os.path.join(tools, name)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("#!/bin/sh\n" + text + "\n")
    os.chmod(path, 0o755)


program("pyext-tidy", f'exec {tidy} "$@"')
program("pip", 'case "$*" in *pyext-tidy==*) echo "installs: $*";; *) $CC -c -DBUILT spam.c -o spam.o;; esac')
program("python3", f'[ "$1 $2" = "-m pip" ] && shift 2 && exec pip "$@"\nexec {sys.executable} "$@"')
# An environment with the build requirements would come from PyPI, too.
program("python", f'case "$1" in *build_project.py) exec $CC -c -DBUILT spam.c -o spam.o;; *) exec {python} "$@";; esac')
environment = dict(os.environ, PATH=tools + os.pathsep + os.environ["PATH"], PYTHON=os.path.join(tools, "python"), XDG_CACHE_HOME=os.path.join(folder, "cache"))


def fresh(name):
    """A new copy of the project."""
    path = os.path.join(folder, name)
    subprocess.run(["cp", "-r", project, path], check=True)
    return path


def bash(command, where, **more):
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=where,
        env={**environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(f"$ {command.strip()}\n{done.stdout}status {done.returncode}")


def read(path):
    with open(path, encoding="utf-8") as stream:
        return yaml.safe_load(stream)


def results(path):
    with open(path, encoding="utf-8") as stream:
        report = json.load(stream)
    return len(report if isinstance(report, list) else report["runs"][0]["results"])


action = read(os.path.join(root, "action.yml"))
inputs = {name: value["default"] for name, value in action["inputs"].items()}
assert inputs["version"] == version, f"action.yml installs {inputs['version']}, and this is {version}"
inputs.update(record="$CC -c -DBUILT spam.c -o spam.o", args="--checks=-*,cpython-refs-borrowed-ref-race")
print("== action.yml")
where = fresh("action")
for step in action["runs"]["steps"]:
    if step.get("if") == "inputs.record != ''" and not inputs["record"]:
        continue
    values = {
        name: re.sub(r"\$\{\{ inputs\.([a-z]+) \}\}", lambda match: inputs[match[1]], value) for name, value in step["env"].items()
    }
    bash(step["run"], where, **values)
print(f"SARIF: {results(os.path.join(where, inputs['sarif']))} results")

print("== github")
where = fresh("github")
bash("pyext-tidy init github gitlab", where)
(job,) = read(os.path.join(where, ".github", "workflows", "pyext-tidy.yml"))["jobs"].values()
for step in job["steps"]:
    if "run" in step:
        bash(step["run"], where)
    else:
        print(f"uses {step['uses']} {step.get('with', {}).get('sarif_file', '')}")
print(f"SARIF: {results(os.path.join(where, 'pyext-tidy.sarif'))} results")

print("== gitlab")
job = read(os.path.join(where, ".gitlab", "pyext-tidy.yml"))["pyext-tidy"]
for line in job["script"]:
    bash(line, where)
print(f"code quality: {results(os.path.join(where, job['artifacts']['reports']['codequality']))} entries")
