#!/usr/bin/env python3
"""Unpack interpreters of newer Pythons beside the build.

    fetch_python_interpreters.py --out DIR [--debug] [VERSION...]      (default: 3.13)

Afterwards DIR/bin/python3.13 runs Python 3.13; with --debug, DIR/bin/python3.13d is the build with assertions that counts all
references. They are Debian's packages from newer suites, with the C library they need: everything is unpacked with `dpkg -x` into
DIR/run-3.13 and runs through the loader there, nothing is installed. Modules that are compiled on this machine load in them. The
headers are unpacked too, as fetch_python_headers.py does it, and the interpreter's sysconfig knows where.

The suites, the mirror and the private apt state are those of fetch_python_headers.py. A version that is already unpacked is left
alone, so the second run needs no network. The exit status is 0 only if every requested version is there.

Debian has no build without the GIL; docs/migrate.md says how to make one for `pyext-migrate --verify`.
"""

import argparse
import fcntl
import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fetch_python_headers as headers  # pylint: disable=wrong-import-position

VERSIONS = ("3.11", "3.13", "3.14", "3.15")
DEFAULT_VERSIONS = ["3.13"]


def say(text):
    print(f"fetch_python_interpreters: {text}", file=sys.stderr, flush=True)


def packages(version, debug):
    """What to ask apt for; it adds what these depend on, as nothing is installed in its private state."""
    names = [f"python{version}", f"libpython{version}-stdlib"]
    return names + ([f"python{version}-dbg"] if debug else [])


def download(suite, names, into):
    """Downloads packages with all that they need. Returns "" or what went wrong."""
    problem = ""
    for attempt in range(headers.ATTEMPTS):
        problem = suite.update(again=attempt > 0)
        if problem:
            continue
        command = ["apt-get", "install", "-q", "-y", "--download-only", "--no-install-recommends"]
        command += ["-o", f"Dir::Cache::archives={into}", "-o", "Debug::NoLocking=1", *names]
        good, output = headers.run(command, env=suite.environment)
        if good:
            return ""
        problem = "\n".join(l for l in output.splitlines() if l.startswith("E:")) or output
    return problem


def wrapper(root, program):
    """A script that runs a program of the unpacked tree with the libraries of that tree."""
    loaders = glob.glob(os.path.join(root, "usr/lib*/ld-linux*.so.*")) + glob.glob(os.path.join(root, "lib*/ld-linux*.so.*"))
    folders = glob.glob(os.path.join(root, "usr/lib/*-linux-*")) + glob.glob(os.path.join(root, "lib/*-linux-*"))
    if not loaders or not folders:
        raise headers.Error(f"{root}: no C library was unpacked")
    executable = os.path.join(root, "usr/bin", program)
    return (
        "#!/bin/sh\n"
        "# Written by fetch_python_interpreters.py.\n"
        f'PYTHONHOME="{root}/usr" exec "{loaders[0]}" --library-path "{":".join(folders)}" \\\n'
        f'  --argv0 "$0" "{executable}" "$@"\n'
    )


def stamp_of(out, version, debug):
    return os.path.join(out, f"run-{version}", ".unpacked-debug" if debug else headers.STAMP)


def unpack(version, debug, out, suites):
    """Makes out/run-VERSION and out/bin/pythonVERSION. Raises Error when no suite has it."""
    work, root = os.path.join(out, f"run-{version}.new"), os.path.join(out, f"run-{version}")
    problems = []
    for name in headers.SUITES[version]:
        shutil.rmtree(work, ignore_errors=True)
        archives = os.path.join(work, "archives")
        os.makedirs(os.path.join(archives, "partial"))
        problem = download(suites(name), packages(version, debug), archives)
        debs = glob.glob(os.path.join(archives, "*.deb"))
        for deb in debs if not problem else []:
            good, output = headers.run(["dpkg", "-x", deb, work])
            problem = problem or ("" if good else output)
        if not problem:
            for useless in ("archives", "usr/share", "etc", "var"):
                shutil.rmtree(os.path.join(work, useless), ignore_errors=True)
            # Where sysconfig says that the headers are, are those of fetch_python_headers.py.
            headers.unpack(version, out, suites)
            shutil.rmtree(os.path.join(work, "usr/include"), ignore_errors=True)
            os.symlink(f"../../root-{version}/usr/include", os.path.join(work, "usr/include"))
            shutil.rmtree(root, ignore_errors=True)
            os.rename(work, root)
            os.makedirs(os.path.join(out, "bin"), exist_ok=True)
            for suffix in ["", "d"] if debug else [""]:
                script = os.path.join(out, "bin", f"python{version}{suffix}")
                with open(script, "w", encoding="utf-8") as file:
                    file.write(wrapper(root, f"python{version}" + ("-dbg" if suffix else "")))
                os.chmod(script, 0o755)
                good, output = headers.run([script, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
                if not good or output.strip() != version:
                    raise headers.Error(f"{script} does not run: {output.strip()}")
            for which in {False, debug}:
                with open(stamp_of(out, version, which), "w", encoding="utf-8") as file:
                    file.write(f"from {name}\n")
            say(f"{version}: {len(debs)} packages from {name}")
            return
        problems.append(f"  {name}: {problem.strip()}")
    shutil.rmtree(work, ignore_errors=True)
    raise headers.Error(f"could not get python{version}:\n" + "\n".join(problems))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0], epilog=__doc__.split("\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, metavar="DIR", help="where to unpack; made if needed")
    parser.add_argument("--debug", action="store_true", help="the debug build too")
    parser.add_argument("--mirror", metavar="URI", help="the archive to read (default: the system's own apt mirror)")
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"of {' '.join(VERSIONS)}; default: {' '.join(DEFAULT_VERSIONS)}")
    arguments = parser.parse_args()
    out = os.path.abspath(arguments.out)
    versions = arguments.versions or DEFAULT_VERSIONS
    for version in versions:
        if version not in VERSIONS:
            parser.error(f"{version}: known are {' '.join(VERSIONS)}")
    try:
        os.makedirs(out, exist_ok=True)
        with open(os.path.join(out, ".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            missing = [v for v in versions if not os.path.exists(stamp_of(out, v, arguments.debug))]
            if not missing:
                return 0
            for tool in ("apt-get", "apt-cache", "dpkg"):
                if not shutil.which(tool):
                    raise headers.Error(f"{tool} not found: this script needs Debian's tools")
            mirror, keyring = headers.system_mirror() if not arguments.mirror else (arguments.mirror, None)
            made = {}

            def suites(name):
                if name not in made:
                    made[name] = headers.Suite(name, os.path.join(out, "apt"), mirror, keyring)
                return made[name]

            failed = 0
            for version in missing:
                try:
                    unpack(version, arguments.debug, out, suites)
                except headers.Error as error:
                    say(f"error: {error}")
                    failed += 1
            return 1 if failed else 0
    except (headers.Error, OSError) as error:
        say(f"error: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
