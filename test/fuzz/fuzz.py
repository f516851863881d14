#!/usr/bin/env python3
"""Runs the fuzz targets, one after the other, each from the inputs of the tests.

    cmake -G Ninja -S . -B build/fuzz -DPYEXT_LLVM=19 -DPYEXT_FUZZ=ON -DPYEXT_SANITIZE=address,undefined
    ninja -C build/fuzz
    test/fuzz/fuzz.py --build build/fuzz [--minutes 60] [--also DIR] [TARGET...]
    test/fuzz/fuzz.py --build build/fuzz --repeat FILE    one input again, with the stack of a crash

Targets: checks-c, checks-cpp (any source through all checks), facts (files of user facts), baseline (baselines and exported fixes),
reports (any findings through all writers). Sources take turns with the headers of several Pythons, GIL and free-threaded. The last
three need none of the checks: `ninja -C build/fuzz fuzz-facts fuzz-baseline fuzz-reports` builds them in a minute.

Seeds are the sources of test/ and examples/, the facts files of test/, what is in seeds/, sources of real extensions below --also
(build/corpus/sdists, when test/corpus/run.py has fetched it), and what earlier campaigns found to reach new code, which is kept in
<build>/corpus/<target>. For each target the command prints how long it ran, how many inputs, and how many edges of the program
they reached. Inputs that crash or hang are kept in <build>/crashes, named after the
function they stop in, with the report beside them; one that stops in clang before any of our functions is counted as clang's and
kept in <build>/crashes/clang. Exit status: 0 when no input of ours crashed, 1 when one did.
"""

import argparse
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
TARGETS = ("checks-c", "checks-cpp", "facts", "baseline", "reports")
PYTHONS = ("3.13t", "3.15t", "3.13", "3.11", "3.15", "3.14t")
SECONDS_PER_INPUT = 300  # By the clock: on a busy machine a good input takes long.
LARGEST = 20000  # bytes


def seeds_of(target, also):
    """Contents of the seeds of a target."""
    if target.startswith("checks"):
        suffixes = (".c",) if target == "checks-c" else (".cpp", ".cc", ".cxx")
        for folder in (PROJECT / "test", PROJECT / "examples", *also):
            for path in sorted(folder.rglob("*")):
                if path.suffix in suffixes and path.is_file() and path.stat().st_size <= LARGEST:
                    # Comments for check.py say nothing to the checks.
                    text = path.read_bytes()
                    yield re.sub(rb"^ *// ?(?:RUN|CHECK)[^\n]*\n", b"", text, flags=re.MULTILINE)
    if target == "facts":
        for path in sorted((PROJECT / "test").rglob("*.yaml")):
            yield path.read_bytes()
    for path in sorted((HERE / "seeds" / target).glob("*")):
        yield path.read_bytes()


def fill(folder, target, also):
    folder.mkdir(parents=True, exist_ok=True)
    for content in seeds_of(target, also):
        path = folder / hashlib.sha1(content).hexdigest()
        if not path.exists():
            path.write_bytes(content)


def environment(python):
    llvm = next((path for path in ("/usr/lib/llvm-19/bin/llvm-symbolizer", "/usr/lib/llvm-22/bin/llvm-symbolizer") if os.path.exists(path)), "")
    # LLVM is not instrumented: containers it has filled look overflown, and it frees nothing at the end.
    common = f"symbolize=1:external_symbolizer_path={llvm}" if llvm else "symbolize=0"
    return {**os.environ, "FUZZ_PYTHON": python, "ASAN_OPTIONS": f"detect_leaks=0:detect_container_overflow=0:detect_odr_violation=0:allow_user_poisoning=0:{common}",
            "UBSAN_OPTIONS": f"print_stacktrace=1:{common}"}


def where(report):
    """The function of ours that an input stops in, or None."""
    frames = re.findall(r"^ *#\d+ 0x[0-9a-f]+ (?:in )?(.*?)(?: [/(]|$)", report, re.MULTILINE)
    for frame in frames:
        if "pyext::" in frame and "pyext::fuzz" not in frame:
            return re.sub(r"\(.*", "", frame.replace("(anonymous namespace)::", "")).split()[-1]
    if match := re.search(r"^fuzz: (.{0,60})", report, re.MULTILINE):
        return "broken-" + match[1]
    return None


def run(program, options, python, timeout):
    try:
        result = subprocess.run([program, *options], env=environment(python), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        return result.returncode, result.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as expired:
        return 0, (expired.stdout or b"").decode(errors="replace")


def campaign(target, build, seconds, also):
    """Functions of ours that an input stopped in."""
    program = build / "bin" / ("fuzz-" + target)
    if not program.exists():
        sys.exit(f"fuzz.py: error: {program} does not exist; build it first (see --help)")
    corpus, crashes = build / "corpus" / target, build / "crashes"
    fill(corpus, target, also)
    (crashes / "clang").mkdir(parents=True, exist_ok=True)
    start, inputs, edges, ours, clangs, turn = time.time(), 0, 0, set(), set(), 0
    end = start + seconds
    while time.time() < end:
        python = PYTHONS[turn % len(PYTHONS)] if target.startswith("checks") else "3.13t"
        turn += 1
        slice_ = int(min(end - time.time(), max(seconds / len(PYTHONS), 120))) + 1
        prefix = crashes / f"new-{os.getpid()}-"
        status, report = run(program, [f"-max_total_time={slice_}", f"-timeout={SECONDS_PER_INPUT}", "-rss_limit_mb=6000", f"-max_len={LARGEST}",
                                       "-detect_leaks=0", "-report_slow_units=1000000", "-print_final_stats=1", "-len_control=0", f"-artifact_prefix={prefix}", str(corpus)],
                             python, None)
        inputs += sum(map(int, re.findall(r"^#(\d+)\s+(?:DONE|BINGO)", report, re.MULTILINE)[-1:] or
                          re.findall(r"number_of_executed_units: (\d+)", report)[-1:]))
        edges = max([edges, *map(int, re.findall(r"^#\d+.*? cov: (\d+)", report, re.MULTILINE))])
        for path in crashes.glob(prefix.name + "*"):
            function = where(report)
            hang = "timeout" in path.name
            name = re.sub(r"[^\w.~-]+", "_", function or "clang") + ("-hang" if hang else "")
            (ours if function else clangs).add(name)
            folder = crashes if function else crashes / "clang"
            kept = folder / f"{target}-{name}"
            path.replace(kept)
            kept.with_name(kept.name + ".txt").write_text(f"FUZZ_PYTHON={python}\n{report[-20000:]}")
            print(f"{target} [{python}]: {'hang' if hang else 'crash'} in {function or 'clang'}: {kept}", flush=True)
            # Not again: a seed that crashes would end every turn.
            digest = hashlib.sha1(kept.read_bytes()).hexdigest()
            (corpus / digest).unlink(missing_ok=True)
    print(f"{target}: {inputs} inputs in {time.time() - start:.0f} s, {edges} edges reached, {len(list(corpus.iterdir()))} inputs kept; "
          f"stopped in {len(ours)} functions of ours, {len(clangs)} times in clang", flush=True)
    return ours


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a build tree with PYEXT_FUZZ")
    parser.add_argument("--minutes", type=float, default=60, help="for all targets together (default: 60)")
    parser.add_argument("--also", type=pathlib.Path, action="append", default=[], metavar="DIR", help="more sources to begin with")
    parser.add_argument("--repeat", type=pathlib.Path, metavar="FILE", help="an input of <build>/crashes, named after its target")
    parser.add_argument("--python", default=PYTHONS[0], help=f"for --repeat: {', '.join(PYTHONS)}")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET")
    options = parser.parse_args()
    build = options.build.resolve()
    if options.repeat:
        target = next((t for t in TARGETS if options.repeat.name.startswith(t)), None) or (options.targets or ["checks-c"])[0]
        status, report = run(build / "bin" / ("fuzz-" + target), [str(options.repeat)], options.python, SECONDS_PER_INPUT * 5)
        print(report, end="")
        return 1 if status else 0
    targets = options.targets or TARGETS
    # Sources take nearly all of the time: the other inputs are small.
    weights = {target: 6 if target.startswith("checks") else 1 for target in targets}
    ours = set()
    for target in targets:
        ours |= campaign(target, build, options.minutes * 60 * weights[target] / sum(weights.values()), options.also)
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
