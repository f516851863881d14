#!/usr/bin/env python3
"""Unpack the headers of several Python versions beside the build.

    fetch_python_headers.py --out DIR [VERSION...]      (default: 3.11 3.13 3.14 3.15)

Afterwards DIR/root-3.13/usr/include/python3.13 holds the headers of 3.13. Compile with both
`-I DIR/root-3.13/usr/include/python3.13` and `-I DIR/root-3.13/usr/include` (the second one holds the per-architecture
pyconfig.h); add `-DPy_GIL_DISABLED=1` for the free-threaded configuration, which exists from 3.13 on.

The headers are Debian's libpython3.X-dev packages. They are read from the suites listed below with an apt state of our
own under DIR/apt, and unpacked with `dpkg -x`: nothing is installed and the system's package lists are not touched. The
mirror is the one of the system's own apt sources, unless `--mirror` names another one (for example a dated archive, when
a suite has moved on to the next version of Python).

A version that is already unpacked is left alone, so the second run needs no network. Several runs into one DIR wait for
each other. The exit status is 0 only if every requested version is there.
"""

import argparse
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
import time

# Where each version is, in the order to try: stable suites first, they change least.
SUITES = {
    "3.9": ["bullseye"],
    "3.11": ["bookworm"],
    "3.13": ["trixie", "sid"],
    "3.14": ["sid", "forky", "trixie-backports"],
    "3.15": ["sid", "experimental", "forky"],
}
DEFAULT_VERSIONS = ["3.11", "3.13", "3.14", "3.15"]
ATTEMPTS = 3
STAMP = ".unpacked"


class Error(Exception):
    """Something the user has to know; printed without a traceback."""


def say(text):
    print(f"fetch_python_headers: {text}", file=sys.stderr, flush=True)


def one_line_entries(text):
    """The (options, uri, suite, components) of a file in apt's one-line format."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)", line)
        if match:
            options = dict(o.split("=", 1) for o in (match[1] or "").split() if "=" in o)
            yield options, match[2], match[3], match[4].split()


def deb822_entries(text):
    """The (options, uri, suite, components) of a file in apt's deb822 format."""
    for stanza in re.split(r"\n\s*\n", text):
        fields, name = {}, None
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and name:
                fields[name] += "\n" + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        signed_by = fields.get("signed-by", "")
        # A keyring given in place is no file name; apt's default keyrings are used instead.
        options = {"signed-by": signed_by} if signed_by.startswith("/") and "\n" not in signed_by else {}
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield options, uri, suite, fields.get("components", "").split()


def os_codename():
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(path, encoding="utf-8") as file:
                match = re.search(r'^VERSION_CODENAME="?([^"\n]+)', file.read(), re.M)
                return match[1] if match else None
        except FileNotFoundError:
            pass
    return None


def system_mirror():
    """The (uri, keyring or None) of the mirror this machine installs from."""
    names = ["/etc/apt/sources.list"]
    names += sorted(glob.glob("/etc/apt/sources.list.d/*.list") + glob.glob("/etc/apt/sources.list.d/*.sources"))
    entries = []
    for name in names:
        try:
            with open(name, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            continue
        entries += (deb822_entries if name.endswith(".sources") else one_line_entries)(text)
    codename = os_codename()
    for options, uri, suite, components in entries:
        if suite in (codename, "stable", "testing", "unstable", "sid") and "main" in components:
            return uri, options.get("signed-by")
    raise Error(f"no mirror of {codename or 'this system'} in {', '.join(names)}: name one with --mirror")


def run(command, **keywords):
    """Runs a command quietly; returns (succeeded, what it printed)."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **keywords)
    return done.returncode == 0, done.stdout


class Suite:
    """An apt state of our own that knows one suite of the mirror."""

    def __init__(self, name, folder, mirror, keyring):
        self.name = name
        self.folder = os.path.join(folder, name)
        self.config = os.path.join(self.folder, "apt.conf")
        self.updated = None  # the outcome of the last update: None (not run), "" (good) or what went wrong
        for part in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.folder, part), exist_ok=True)
        options = f"[signed-by={keyring}] " if keyring else ""
        with open(os.path.join(self.folder, "sources.list"), "w", encoding="utf-8") as file:
            file.write(f"deb {options}{mirror} {name} main\n")
        with open(os.path.join(self.folder, "status"), "a", encoding="utf-8"):
            pass
        settings = {
            "Dir::Etc::sourcelist": os.path.join(self.folder, "sources.list"),
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "-",
            "Dir::State::Lists": os.path.join(self.folder, "lists"),
            "Dir::State::status": os.path.join(self.folder, "status"),
            "Dir::Cache": os.path.join(self.folder, "cache"),
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            # A dated archive, or a mirror that stands still, is as good: the signature is checked all the same.
            "Acquire::Check-Valid-Until": "false",
        }
        if os.geteuid() == 0:
            settings["APT::Sandbox::User"] = "root"
        with open(self.config, "w", encoding="utf-8") as file:
            file.writelines(f'{key} "{value}";\n' for key, value in settings.items())
        self.environment = dict(os.environ, APT_CONFIG=self.config, LC_ALL="C")

    def update(self, again=False):
        """Reads the suite's index. Returns "" or what went wrong."""
        if self.updated is None or again:
            say(f"reading the index of {self.name}")
            good, output = run(["apt-get", "update", "-q"], env=self.environment)
            # apt-get update succeeds with warnings when it could not reach the mirror.
            failed = [l for l in output.splitlines() if l.startswith(("E:", "Err:", "W: Failed"))]
            self.updated = "" if good and not failed else ("\n".join(failed) or output)
        return self.updated

    def download(self, package, into):
        """Downloads a package into a folder. Returns "" or what went wrong."""
        problem = ""
        for attempt in range(ATTEMPTS):
            problem = self.update(again=attempt > 0)
            if not problem:
                known, output = run(["apt-cache", "show", "--no-all-versions", package], env=self.environment)
                if not known:
                    return f"{self.name} has no {package}"
                good, output = run(["apt-get", "download", "-q", package], env=self.environment, cwd=into)
                if good:
                    return ""
                problem = "\n".join(l for l in output.splitlines() if l.startswith(("E:", "Err:"))) or output
            if attempt + 1 < ATTEMPTS:
                # The index can be newer than the pool for a while; so can a busy mirror refuse.
                time.sleep(3 * (attempt + 1))
        return problem


def unpack(version, out, suites):
    """Makes out/root-VERSION. Raises Error when no suite has it."""
    root = os.path.join(out, f"root-{version}")
    if os.path.exists(os.path.join(root, STAMP)):
        return
    package = f"libpython{version}-dev"
    if version not in SUITES:
        raise Error(f"no suite is known to have Python {version} (known: {', '.join(SUITES)})")
    work = os.path.join(out, f"root-{version}.new")
    problems = []
    for name in SUITES[version]:
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        problem = suites(name).download(package, work)
        if not problem:
            archive = glob.glob(os.path.join(work, f"{package}_*.deb"))[0]
            good, problem = run(["dpkg", "-x", archive, work])
            if good and not os.path.exists(os.path.join(work, "usr/include", f"python{version}", "Python.h")):
                good, problem = False, f"{os.path.basename(archive)} holds no Python.h"
            if good:
                shutil.rmtree(os.path.join(work, "usr/lib"), ignore_errors=True)
                shutil.rmtree(os.path.join(work, "usr/share"), ignore_errors=True)
                os.remove(archive)
                with open(os.path.join(work, STAMP), "w", encoding="utf-8") as file:
                    file.write(f"{os.path.basename(archive)} from {name}\n")
                shutil.rmtree(root, ignore_errors=True)
                os.rename(work, root)
                say(f"{version}: {os.path.basename(archive)} from {name}")
                return
        problems.append(f"  {name}: {problem.strip()}")
    shutil.rmtree(work, ignore_errors=True)
    raise Error(f"could not get {package}:\n" + "\n".join(problems))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0], epilog=__doc__.split("\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, metavar="DIR", help="where to unpack; made if needed")
    parser.add_argument("--mirror", metavar="URI", help="the archive to read (default: the system's own apt mirror)")
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"default: {' '.join(DEFAULT_VERSIONS)}")
    arguments = parser.parse_args()
    out = os.path.abspath(arguments.out)
    versions = arguments.versions or DEFAULT_VERSIONS
    try:
        os.makedirs(out, exist_ok=True)
        missing = [v for v in versions if not os.path.exists(os.path.join(out, f"root-{v}", STAMP))]
        if not missing:
            return 0
        for tool in ("apt-get", "apt-cache", "dpkg"):
            if not shutil.which(tool):
                raise Error(f"{tool} not found: this script needs Debian's tools")
        with open(os.path.join(out, ".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            mirror, keyring = system_mirror() if not arguments.mirror else (arguments.mirror, None)
            made = {}

            def suites(name):
                if name not in made:
                    made[name] = Suite(name, os.path.join(out, "apt"), mirror, keyring)
                return made[name]

            failed = 0
            for version in missing:
                try:
                    unpack(version, out, suites)
                except Error as error:
                    say(f"error: {error}")
                    failed += 1
            return 1 if failed else 0
    except (Error, OSError) as error:
        say(f"error: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
