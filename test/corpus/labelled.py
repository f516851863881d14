"""Real defects with labels: their sources, and what a tool says at them. For labels.py and compare.py.

The labels are not ours: a folder with fixes_dev.jsonl (one site a line: repo, parent_commit, fix_commit, path, line, line_end,
alt_lines, class, group, fixed_line, ...) and parse_dev.csv (how each file is compiled: repo, commit, path, main_file, ok, flags,
ft_flags with {SRC}, {PYHDR} and other roots in braces). Any other pair of files in this form does as well.
"""

import collections
import concurrent.futures
import csv
import glob
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

csv.field_size_limit(10**7)
HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SOURCE_LIKE = (".c", ".h", ".cpp", ".cc", ".hpp", ".hh", ".cxx", ".hxx", ".inc", ".def", ".in", ".py", ".pyx", ".toml", ".cfg", ".txt")

# Which checks speak of a class of labels.
CLASSES = {
    "borrowed-ref-race": "borrow|dict-next|sequence-fast|container|direct-struct|field-incref",
    "borrowed-ref-across-call": "borrow|dict-next|sequence-fast|container",
    "dict-next-unlocked": "dict-next",
    "seq-fast-unlocked": "sequence-fast|container|direct-struct|borrow",
    "static-type": "static-type|structseq|slot-contradicted",
    "global-pyobject": "global|static|capi-table",
    "global-mutable-c-state": "global|static|freelist|buffer",
    "static-cache-lazy-init": "lazy|static|global",
    "instance-field-race": "self|instance|object-|iternext|memberdef|buffer-export|init-reentrant|half|lock|field",
    "instance-lazy-init": "lazy|self|instance|field",
    "missing-mod-gil": "gil-slot|module|binding|setgil",
    "missing-mod-multiple-interpreters": "interpreters-slot|module|binding",
    "single-phase-init": "single-phase|module",
    "gilstate-subinterp": "gilstate|attach|callback|interp",
    "tstate-misuse": "tstate|thread|attach|interp|gilstate",
    "allow-threads-misuse": "allow-threads|detach|attach|blocking",
    "critical-section-misuse": "critical|lock|mutex",
    "refcnt-uniqueness": "refcnt",
    "dealloc-heap-type": "heap-type|dealloc|traverse|type",
}
DIAGNOSTIC = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):\d+: (?P<kind>warning|error|note): (?P<message>.*?)(?: \[(?P<check>[\w.,-]+)\])?$")


class Error(Exception):
    """Something the user has to know; printed without a traceback."""


class Finding(NamedTuple):
    check: str
    places: Tuple[Tuple[str, int], ...]  # Of the warning, then of its notes.


class Key(NamedTuple):
    repo: str
    commit: str
    path: str


class Labels:
    def __init__(self, folder: pathlib.Path, only: Optional[str]):
        sites, parse = sorted(folder.glob("fixes*.jsonl")), sorted(folder.glob("parse*.csv"))
        if not sites or not parse:
            raise Error(f"{folder}: no fixes*.jsonl and parse*.csv; give the folder of the labels")
        self.sites = [json.loads(line) for path in sites for line in path.read_text(encoding="utf-8").splitlines()]
        if only:
            self.sites = [site for site in self.sites if re.search(only, site["repo"])]
        self.rows: Dict[Key, dict] = {}
        for path in parse:
            with open(path, newline="", encoding="utf-8") as file:
                self.rows.update({Key(r["repo"], r["commit"], r["path"]): r for r in csv.DictReader(file)})

    def keys(self) -> List[Key]:
        """Every file that has a label, before and after its fix; what does not parse is left out."""
        keys = {Key(s["repo"], s[c], s["path"]): None for s in self.sites for c in ("parent_commit", "fix_commit")}
        return [key for key in keys if key in self.rows and self.rows[key]["ok"] == "1"]


# Sources and headers ------------------------------------------------------------------------------------------------

def run(command: List[str], **options) -> subprocess.CompletedProcess:
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if result.returncode:
        raise Error(f"{shlex.join(command)}:\n{result.stdout[-1000:]}")
    return result


class Sources:
    """Repositories at the labelled commits, and the headers their flags name; fetched when they are missing."""

    def __init__(self, work: pathlib.Path, git: str, python_headers: pathlib.Path, roots: Dict[str, str]):
        self.work, self.git, self.python_headers = work, git, python_headers
        self.roots = {name: pathlib.Path(path).resolve() for name, path in roots.items()}

    def source(self, key: Key) -> pathlib.Path:
        name = key.repo.replace("/", "+")
        if "WORK" in self.roots:
            return self.roots["WORK"] / name / key.commit[:12]
        folder = self.work / "sources" / name / key.commit[:12]
        if folder.is_dir():
            return folder
        url = self.git.format(repo=key.repo, name=name)
        print(f"fetching {key.repo} {key.commit[:12]}", file=sys.stderr, flush=True)
        store = self.work / "git" / name
        if not store.is_dir():
            run(["git", "init", "--quiet", "--bare", str(store)])
        local = os.path.isdir(url)
        run(["git", f"--git-dir={url if local else store}", "cat-file", "-e", key.commit] if local else
            ["git", f"--git-dir={store}", "fetch", "--quiet", "--depth=1", url, key.commit])
        partial = folder.with_name(folder.name + ".part")
        partial.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "GIT_INDEX_FILE": str(partial) + ".index"}
        git = ["git", f"--git-dir={url if local else store}", f"--work-tree={partial}"]
        run([*git, "read-tree", key.commit], env=environment)
        files = [f for f in run([*git, "ls-files"], env=environment).stdout.splitlines() if f.endswith(SOURCE_LIKE)]
        # Names that a snapshot does not hold the content of are no reason to have nothing.
        subprocess.run([*git, "checkout-index", "--force", "--quiet", "--stdin"], env=environment, input="\n".join(files), text=True,
                       stderr=subprocess.DEVNULL)
        os.unlink(str(partial) + ".index")
        partial.rename(folder)
        return folder

    def root(self, name: str) -> Optional[pathlib.Path]:
        if name in self.roots:
            return self.roots[name]
        folder = self.work / "roots" / name
        if not folder.is_dir():
            make = {"PYHDR": self.make_python, "EXT": self.make_ext, "DEB": self.make_debian, "DEBSID": self.make_numpy}.get(name)
            if not make:
                return None
            partial = folder.with_name(name + ".part")
            partial.mkdir(parents=True, exist_ok=True)
            print(f"fetching headers for {{{name}}}", file=sys.stderr, flush=True)
            make(partial)
            partial.rename(folder)
        self.roots[name] = folder
        return folder

    def make_python(self, folder: pathlib.Path) -> None:
        (folder / "x86_64-linux-gnu").mkdir(exist_ok=True)
        for root in sorted(self.python_headers.glob("root-*")):
            version = "python" + root.name[len("root-"):]
            for place in (version, "x86_64-linux-gnu/" + version):
                target = root / "usr" / "include" / place
                if target.is_dir() and not (folder / place).exists():
                    (folder / place).symlink_to(target)

    def make_ext(self, folder: pathlib.Path) -> None:
        for name, version, wheel in (("pybind11", "2.13.6", True), ("cppy", "1.3.1", True), ("xxhash", "3.5.0", False), ("tree-sitter", "0.20.4", False)):
            place = folder / {"tree-sitter": "ts"}.get(name, name)
            place.mkdir()
            run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--only-binary" if wheel else "--no-binary", ":all:",
                 "--dest", str(place), f"{name}=={version}"])
            archive = next(place.iterdir())
            run([sys.executable, "-m", "zipfile" if wheel else "tarfile", "-e", str(archive), str(place)])
        for path in glob.glob(str(folder / "xxhash" / "xxhash-*" / "deps" / "xxhash" / "*.h")):
            (folder / "xxhash" / os.path.basename(path)).symlink_to(path)
        for path in glob.glob(str(folder / "ts" / "tree*" / "tree_sitter" / "core")):
            (folder / "ts020").symlink_to(path)

    def make_debian(self, folder: pathlib.Path) -> None:
        packages = ["wcslib-dev", "libcfitsio-dev", "libmaxminddb-dev", "libcairo2-dev", "libfribidi-dev", "libharfbuzz-dev", "libopenjp2-7-dev", "libjpeg62-turbo-dev",
                    "libtiff-dev", "libfreetype-dev", "liblcms2-dev", "libwebp-dev", "libraqm-dev", "libimagequant-dev", "zlib1g-dev", "libpq-dev", "libexpat1-dev",
                    "libxcb1-dev", "libx11-dev", "x11proto-dev", "libpng-dev", "libglib2.0-dev", "libfontconfig-dev"]
        for package in packages:
            run(["apt-get", "download", "-q", package], cwd=folder)
        for archive in folder.glob("*.deb"):
            run(["dpkg-deb", "-x", str(archive), str(folder / "root")])

    def make_numpy(self, folder: pathlib.Path) -> None:
        run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version=3.13", "--dest", str(folder), "numpy==2.2.1"])
        run([sys.executable, "-m", "zipfile", "-e", str(next(folder.glob("*.whl"))), str(folder / "wheel")])
        place = folder / "root/usr/lib/x86_64-linux-gnu/python3-numpy"
        place.mkdir(parents=True)
        (place / "numpy").symlink_to(folder / "wheel" / "numpy")

    def flags(self, labels: Labels, key: Key, column: str) -> Optional[List[str]]:
        """None: a root that its flags need cannot be had."""
        text = labels.rows[key][column].replace("-fsyntax-only", "")
        for name in set(re.findall(r"\{(\w+)\}", text)):
            root = self.source(key) if name == "SRC" else self.root(name)
            if root is None:
                return None
            text = text.replace("{%s}" % name, str(root))
        return shlex.split(text)


# Tools --------------------------------------------------------------------------------------------------------------

def parse(text: str, wanted: str, folder: str) -> List[Finding]:
    """Diagnostics of clang's form whose check matches."""
    findings: List[Finding] = []
    open_ = False
    for line in text.splitlines():
        match = DIAGNOSTIC.match(line)
        if not match:
            continue
        place = (os.path.realpath(os.path.join(folder, match["file"])), int(match["line"]))
        if match["kind"] != "note":
            open_ = bool(match["check"] and re.search(wanted, match["check"]))
            if open_:
                findings.append(Finding(match["check"], (place,)))
        elif open_:
            findings[-1] = findings[-1]._replace(places=findings[-1].places + (place,))
    return findings


class Result(NamedTuple):
    findings: List[Finding]
    trouble: str  # "" when the file was analysed.
    seconds: float  # user CPU


def measured(command: List[str], timeout: int, folder: Optional[str] = None) -> Tuple[Optional[int], str, float]:
    process = subprocess.Popen(["timeout", "-k", "5", str(timeout), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)
    assert process.stdout
    text = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    return (None if code in (124, 137) else code), text, usage.ru_utime


def run_clang_like(command: List[str], labels: Labels, key: Key, sources: Sources, wanted: str, timeout: int, columns=("flags", "ft_flags")) -> Result:
    """A tool that takes `FILE -- FLAGS`, in both header configurations."""
    folder = sources.source(key)
    main = folder / labels.rows[key]["main_file"]
    if not main.is_file():
        return Result([], "its source is missing", 0)
    found, trouble, seconds = [], "", 0.0
    for column in columns:
        if not labels.rows[key][column].strip():
            continue  # No build of this configuration.
        flags = sources.flags(labels, key, column)
        if flags is None:
            return Result([], "headers it needs are missing", seconds)
        status, text, cpu = measured([*command, str(main), "--", *flags], timeout, str(folder))
        seconds += cpu
        if status is None:
            trouble = trouble or f"no end after {timeout} s"
        elif status < 0 or status >= 128 or "Stack dump" in text:
            trouble = trouble or f"crash, status {status}"
        elif "file not found" in text:
            trouble = trouble or (re.search(r"error: (.*file not found)", text) or ["", "file not found"])[1]
        found += parse(text, wanted, str(folder))
    return Result(found, trouble, seconds)


# Scores -------------------------------------------------------------------------------------------------------------

class Score:
    """Recall before the fix, silence after it, by class of label."""

    def __init__(self) -> None:
        self.sites, self.strict, self.loose, self.fixed, self.silent = (collections.Counter() for _ in range(5))
        self.hazards: Dict[Tuple[str, str], List[bool]] = {}
        self.misses: List[dict] = []
        self.loud: List[dict] = []
        self.not_run: List[dict] = []

    def add(self, site: dict, before: Optional[Result], after: Optional[Result], sources: Sources, own_classes: bool) -> None:
        parent, fix = Key(site["repo"], site["parent_commit"], site["path"]), Key(site["repo"], site["fix_commit"], site["path"])
        if before is None or (before.trouble and not before.findings):
            self.not_run.append({**site, "why": before.trouble if before else "it does not parse"})
            return
        kind, wanted = site["class"], re.compile(CLASSES.get(site["class"], "."))
        file = os.path.realpath(sources.source(parent) / site["path"])
        spans = [(site["line"] - 2, (site.get("line_end") or site["line"]) + 2)] + [(n - 2, n + 2) for n in site.get("alt_lines") or []]
        here = [f for f in before.findings if any(p == file and low <= n <= high for p, n in f.places for low, high in spans)]
        hit = any(wanted.search(f.check) for f in here) if own_classes else bool(here)
        self.sites[kind] += 1
        self.strict[kind] += hit
        self.loose[kind] += bool(here)
        self.hazards.setdefault((kind, site.get("group") or site.get("id") or str(len(self.hazards))), []).append(hit)
        if not hit:
            self.misses.append({**site, "found": sorted({f.check for f in here})})
        if site.get("fixed_line") and after is not None and not after.trouble:
            file = os.path.realpath(sources.source(fix) / site["path"])
            quiet = not any((not own_classes or wanted.search(f.check)) and f.places[0][0] == file and abs(f.places[0][1] - site["fixed_line"]) <= 2
                            for f in after.findings)
            self.fixed[kind] += 1
            self.silent[kind] += quiet
            if not quiet:
                self.loud.append(site)

    def recall(self) -> float:
        return 100 * sum(self.strict.values()) / max(sum(self.sites.values()), 1)

    def recall_by_hazard(self) -> float:
        return 100 * sum(sum(v) / len(v) for v in self.hazards.values()) / max(len(self.hazards), 1)

    def silence(self) -> float:
        return 100 * sum(self.silent.values()) / max(sum(self.fixed.values()), 1)


def run_all(keys: List[Key], tool, jobs: int) -> Dict[Key, Result]:
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return dict(zip(keys, pool.map(tool, keys)))


def add_arguments(parser) -> None:
    parser.add_argument("labels", type=pathlib.Path, metavar="LABELS", help="folder with fixes*.jsonl and parse*.csv")
    parser.add_argument("--work", type=pathlib.Path, default=PROJECT / "build" / "labels", metavar="DIR",
                        help="where sources and headers are kept (default: build/labels)")
    parser.add_argument("--git", default="https://github.com/{repo}.git", metavar="URL",
                        help="where histories come from; {repo} is owner/name, {name} is owner+name; a folder is read in place (default: %(default)s)")
    parser.add_argument("--root", action="append", default=[], metavar="NAME=DIR", help="a folder that flags name in braces; WORK: all sources")
    parser.add_argument("--python-headers", type=pathlib.Path, default=PROJECT / "build" / "python", metavar="DIR")
    parser.add_argument("--only", metavar="REGEX", help="of repositories")
    parser.add_argument("--timeout", type=int, default=180, metavar="SECONDS", help="for one run of one file")
    parser.add_argument("-j", "--jobs", type=int, default=1)


def open_labels(options) -> Tuple[Labels, Sources]:
    roots = dict(item.split("=", 1) for item in options.root)
    return (Labels(options.labels.resolve(), options.only),
            Sources(options.work.resolve(), options.git, options.python_headers.resolve(), roots))
