#!/usr/bin/env python3
"""Recall at defects that real commits fixed, and silence after the fix.

    labels.py LABELS [--tool build/llvm-19/bin/pyext-tidy] [--only REGEX] [--explain]

LABELS is a folder with the labels, which are not kept here (labelled.py says in which form). Sources come from the repositories'
git histories, headers from pip, Debian and tools/house/fetch_python_headers.py; nothing of them is executed. Without the
network, --git names local copies and --root folders that are there already.

A site counts as found when a check of its class points at it, with the warning or a note, in the version before the fix; as silent
when none does in the version after it. Recall by hazard averages over the hazards, as many sites can be one hazard. Every miss, every site
that is reported still, every site without a result and every file that was not analysed whole is listed; what is known about it is in
label-misses.csv (kind: miss, loud, none, file). `--explain` prints a row for each that has none.

Exit status: 0, or 1 when one of these is not explained, 2 when nothing could be run.
"""

import argparse
import csv
import json
import pathlib
import sys

from labelled import HERE, PROJECT, Error, Score, add_arguments, open_labels, run_all, run_clang_like, Key

COLUMNS = ["kind", "class", "repo", "commit", "path", "line", "verdict", "reason"]
VERDICTS = ("gap", "label", "by-design")
EXPLANATIONS = HERE / "label-misses.csv"


def identity(kind, site):
    commit = site["fix_commit"] if kind == "loud" else site["parent_commit"]
    return kind, site["class"], site["repo"], commit[:10], site["path"], str(site["fixed_line"] if kind == "loud" else site["line"])


def explanations():
    if not EXPLANATIONS.is_file():
        return {}
    with open(EXPLANATIONS, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, 2):
        if list(row) != COLUMNS or row["verdict"] not in VERDICTS or not row["reason"]:
            raise Error(f"{EXPLANATIONS.name}:{number}: expected {', '.join(COLUMNS)}; the verdict is one of {', '.join(VERDICTS)}, with a reason")
    return {tuple(row[c] for c in COLUMNS[:6]): row for row in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--tool", type=pathlib.Path, default=PROJECT / "build" / "llvm-19" / "bin" / "pyext-tidy")
    parser.add_argument("--checks", default="-*,cpython-*")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers too")
    options = parser.parse_args()
    try:
        if not options.tool.is_file():
            raise Error(f"{options.tool} does not exist; build it or name another one with --tool")
        labels, sources = open_labels(options)
        known = explanations()
        keys = labels.keys()
        for key in keys:  # One after the other, before anything runs in parallel.
            sources.source(key)
            sources.flags(labels, key, "flags")
        command = [str(options.tool.resolve()), f"--checks={options.checks}", "--quiet"]
        results = run_all(keys, lambda key: run_clang_like(command, labels, key, sources, "cpython-", options.timeout), options.jobs)
    except (Error, OSError) as error:
        print(f"labels.py: error: {error}", file=sys.stderr)
        return 2
    score = Score()
    for site in labels.sites:
        score.add(site, results.get(Key(site["repo"], site["parent_commit"], site["path"])),
                  results.get(Key(site["repo"], site["fix_commit"], site["path"])), sources, own_classes=True)

    print(f"{'class':<36}{'sites':>6}{'found':>7}{'recall':>9}{'any check':>11}{'fixed':>7}{'silent':>9}")
    for kind, count in score.sites.most_common():
        silent = f"{100 * score.silent[kind] / score.fixed[kind]:.1f} %" if score.fixed[kind] else "-"
        print(f"{kind:<36}{count:>6}{score.strict[kind]:>7}{100 * score.strict[kind] / count:>7.1f} %{100 * score.loose[kind] / count:>9.1f} %"
              f"{score.fixed[kind]:>7}{silent:>9}")
    count = sum(score.sites.values())
    print(f"{'all':<36}{count:>6}{sum(score.strict.values()):>7}{score.recall():>7.1f} %{100 * sum(score.loose.values()) / max(count, 1):>9.1f} %"
          f"{sum(score.fixed.values()):>7}{score.silence():>7.1f} %")
    print(f"recall by hazard: {score.recall_by_hazard():.1f} % of {len(score.hazards)}")
    missing, seen = [], set()
    for key in keys:
        if results[key].trouble:
            row = known.get(("file", "", key.repo, key.commit[:10], key.path, ""))
            seen.add(("file", "", key.repo, key.commit[:10], key.path, ""))
            if not row:
                missing.append(("file", {"class": "", "repo": key.repo, "parent_commit": key.commit, "path": key.path, "line": ""}))
            print(f"not analysed, or not all of it: {key.repo} {key.commit[:12]} {key.path}: {results[key].trouble}: {row['reason'] if row else 'NOT EXPLAINED'}")
    for title, kind, sites in (("no result", "none", score.not_run), ("missed", "miss", score.misses), ("reported after the fix", "loud", score.loud)):
        for site in sorted(sites, key=lambda s: identity(kind, s)):
            row = known.get(identity(kind, site))
            if identity(kind, site) in seen:
                continue
            seen.add(identity(kind, site))
            if not row:
                missing.append((kind, site))
            where = f"{site['repo']}@{identity(kind, site)[3]} {site['path']}:{identity(kind, site)[5]}"
            print(f"{title}: [{site['class']}] {where} {site['function']}: {site['what']}: {row['verdict'] + ': ' + row['reason'] if row else 'NOT EXPLAINED'}")
    for row in known:
        if row not in seen and not options.only:
            print(f"explained, but no longer so: {' '.join(row)}")
    print(f"{len(missing)} without an explanation in {EXPLANATIONS.name}")
    if options.explain:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        for kind, site in missing:
            writer.writerow([*identity(kind, site), "", ""])
    if options.json:
        options.json.write_text(json.dumps({"recall": score.recall(), "recall_by_hazard": score.recall_by_hazard(), "silence": score.silence(),
                                            "classes": {k: [score.strict[k], n, score.silent[k], score.fixed[k]] for k, n in score.sites.items()}}, indent=1))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
